/** What is promised about the certificate files: what is refused at the start, and what happens when they change. */
import { X509Certificate } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadConfig } from '../app/config.ts'
import { openTls, type Tls } from '../app/tls/open.ts'
import { textOf } from './clients.ts'
import { type Ca, type Issued, makeCa } from './fakes/certificates.ts'
import { type CollectedLog, collectedLog } from './fakes/collected-log.ts'
import { type TlsClient, tlsClient } from './fakes/tls-client.ts'
import { launch } from './launch.ts'
import { type Home, openHome } from './program.ts'
import { freePort } from './services/free-port.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

const day = 86_400_000

let ca: Ca
let folder: string
beforeAll(() => {
  ca = makeCa()
})
afterAll(() => ca.remove())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-tls-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const inFolder = (name: string) => join(folder, name)

/** Puts a pair where the server looks for it. */
function put({ cert, key }: Pick<Issued, 'cert' | 'key'>): void {
  writeFileSync(inFolder('tls.crt'), cert)
  writeFileSync(inFolder('tls.key'), key, { mode: 0o600 })
}

const settings = (more: Record<string, unknown> = {}) => ({
  enabled: true,
  cert_file: inFolder('tls.crt'),
  key_file: inFolder('tls.key'),
  ...more,
})

/** Whose certificate a port shows to a new connection. */
function shownBy(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port: Number(new URL(url).port), host: '127.0.0.1', ca: ca.cert }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

describe('a running server', () => {
  let system: TestSystem
  let client: TlsClient
  beforeEach(() => {
    client = tlsClient(ca.cert)
  })
  afterEach(async () => {
    await client.close()
    await system.stop()
  })

  const bothShow = (name: string) =>
    until(`both ports show ${name}`, async () => {
      const shown = await Promise.all([system.url, system.adminUrl].map(shownBy))
      return shown.every((each) => each === name)
    })
  const tlsPart = async () => (await system.yard.health.report()).components.tls

  test('shows a renewed certificate on both ports, and an open SSE stream goes on', async () => {
    put(ca.issue({ cn: 'first' }))
    system = await start({ file: { ssl: settings() } })
    const connected = await client.connect('sse', system.url)
    await bothShow('first')
    put(ca.issue({ cn: 'second' }))
    await bothShow('second')
    expect(textOf(await connected.callTool({ name: 'echo', arguments: { message: 'still here' } }))).toContain('still here')
    expect(system.log.of('certificate renewed')).toMatchObject([{ fields: { subject: 'CN=second' } }])
  })

  test('keeps the earlier one while the new files are no good, says so, and takes them when they are mended', async () => {
    put(ca.issue({ cn: 'first' }))
    system = await start({ file: { ssl: settings() } })
    const next = ca.issue({ cn: 'second' })
    writeFileSync(inFolder('tls.crt'), next.cert)
    await until('it is told', async () => (await tlsPart())?.status === 'degraded')
    expect(await tlsPart()).toMatchObject({
      detail: expect.stringMatching(/stays in force, because ssl.key_file .* is not the key of/),
    })
    expect(system.log.of('certificate not renewed, the earlier one stays in force')).toHaveLength(1)
    await bothShow('first')
    writeFileSync(inFolder('tls.key'), next.key)
    await bothShow('second')
    await until('it is well again', async () => (await tlsPart())?.status === 'ok')
  })

  test('notices a link that points elsewhere now, as a mounted secret of Kubernetes is renewed', async () => {
    const place = (name: string) => {
      const { cert, key } = ca.issue({ cn: name })
      mkdirSync(inFolder(name))
      writeFileSync(join(inFolder(name), 'tls.crt'), cert)
      writeFileSync(join(inFolder(name), 'tls.key'), key, { mode: 0o600 })
      symlinkSync(name, inFolder('..data_new'))
      renameSync(inFolder('..data_new'), inFolder('..data'))
    }
    place('first')
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(join('..data', name), inFolder(name))
    system = await start({ file: { ssl: settings() } })
    await bothShow('first')
    place('second')
    await bothShow('second')
  })
})

describe('the part tls', () => {
  let tls: Tls
  let log: CollectedLog
  let now: number
  beforeEach(() => {
    log = collectedLog()
    now = Date.now() + 60_000 // certificates begin when they are made, a moment later
  })
  afterEach(() => tls?.stop())

  const open = async (more: Record<string, unknown> = {}) => {
    const config = inFolder('switchyard.json')
    writeFileSync(config, JSON.stringify({ ssl: settings(more) }), { mode: 0o600 })
    const { ssl } = loadConfig({ flags: { config }, env: {}, cwd: folder, home: folder }).config
    tls = await openTls(ssl, log, { every: 20, now: () => now })
  }
  const warnings = () => log.of('certificate').map(({ fields }) => String(fields.warning))

  test('warns fourteen days before the end, once a day, and after the end', async () => {
    put(ca.issue({ days: 60 }))
    await open()
    expect(tls.check()).toMatchObject({ status: 'ok' })
    now += 45 * day
    expect(tls.check()).toMatchObject({ status: 'ok' })
    now += 2 * day
    expect(tls.check()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('the certificate ends on ') })
    await until('it is logged', () => warnings().length === 1)
    now += day
    await until('it is logged again', () => warnings().length === 2)
    now += 14 * day
    expect(tls.check()).toMatchObject({ detail: expect.stringContaining('has ended on ') })
  })

  test('is content with a certificate of few days until the last third of them', async () => {
    put(ca.issue({ days: 6 }))
    await open()
    expect(tls.check()).toMatchObject({ status: 'ok' })
    now += 5 * day
    expect(tls.check()).toMatchObject({ status: 'degraded' })
  })

  test('says that a certificate is not valid yet', async () => {
    put(ca.issue())
    now -= day
    await open()
    expect(tls.check()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('is not valid before ') })
  })

  test('says at the start that a certificate has ended', async () => {
    put(ca.issue({ days: -1 }))
    await open()
    expect(warnings()).toEqual([expect.stringMatching(/has ended on .*: clients refuse it/)])
  })

  test('refuses a key that every user can read, and says how that is mended', async () => {
    put(ca.issue())
    chmodSync(inFolder('tls.key'), 0o644)
    await expect(open()).rejects.toThrow(/ssl.key_file .* can be read by every user of this machine: chmod 600 .*tls\.key/)
  })

  test('opens an encrypted key with its passphrase', async () => {
    put(ca.issue({ passphrase: 'open sesame' }))
    await open({ key_passphrase: 'open sesame' })
    expect(tls.check()).toMatchObject({ status: 'ok' })
  })

  test('finds what no folder tells of: a folder above that was exchanged', async () => {
    const place = (name: string) => {
      mkdirSync(inFolder(name))
      const { certFile, keyFile } = ca.issue({ cn: name })
      copyFileSync(certFile, join(inFolder(name), 'tls.crt'))
      copyFileSync(keyFile, join(inFolder(name), 'tls.key'))
      rmSync(inFolder('current'), { force: true })
      symlinkSync(name, inFolder('current'))
    }
    place('first')
    await open({ cert_file: inFolder('current/tls.crt'), key_file: inFolder('current/tls.key') })
    place('second')
    await until('it is renewed', () => log.of('certificate renewed').length === 1)
    expect(tls.check()).toMatchObject({ subject: 'CN=second' })
    // A port that opens only now begins with it.
    expect(new X509Certificate(tls.mcp.options().cert as Buffer).subject).toBe('CN=second')
  })
})

describe('is refused at the start with exit code 78 and one line:', () => {
  async function refusal(ssl: Record<string, unknown>, env: Record<string, string> = {}): Promise<string> {
    const program = await launch([], { file: { ssl }, env })
    expect(await program.exited).toBe(78)
    expect(program.stderr()).not.toContain('    at ')
    return program
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .join('\n')
  }

  test.each([
    [
      'no certificate',
      { cert_file: null },
      /^ {2}ssl.cert_file must name the certificate of this server, because ssl.enabled is true/,
    ],
    ['no key', { key_file: null }, /^ {2}ssl.key_file must name the private key of this server/],
    [
      'mtls_only without an authority',
      { mode: 'mtls_only' },
      /^ {2}ssl.ca_cert must name who signs .* because ssl.mode is mtls_only/,
    ],
    [
      'clients without an authority',
      { clients: [{ subject: '*', scopes: ['read'] }] },
      /ssl.ca_cert must name .* ssl.clients is given/,
    ],
    [
      'a certificate, and not a word whether it is used',
      { enabled: null },
      /^ {2}ssl.enabled must be given, because ssl.cert_file is/,
    ],
    [
      'a client rule with a scope that there is none',
      { clients: [{ subject: 'OU=x', scopes: ['all'] }] },
      /ssl.clients must be a list of/,
    ],
    ['a missing file', { cert_file: '/nowhere/tls.crt' }, /^ {2}ssl.cert_file \/nowhere\/tls.crt cannot be read: ENOENT/],
  ])('%s', async (_, more, line) => {
    put(ca.issue())
    expect(await refusal(settings(more))).toMatch(line)
  })

  test('a key that is not that of the certificate', async () => {
    put({ cert: ca.issue().cert, key: ca.issue().key })
    expect(await refusal(settings())).toMatch(/^ {2}ssl.key_file .* is not the key of ssl.cert_file .*$/)
  })

  test('files that hold something else', async () => {
    put({ cert: ca.issue().key, key: ca.issue().key })
    expect(await refusal(settings())).toMatch(/ssl.cert_file .* holds no certificate/)
    put({ cert: ca.issue().cert, key: ca.issue().cert })
    expect(await refusal(settings())).toMatch(/ssl.key_file .* holds no private key/)
  })

  test('an encrypted key without its passphrase, or with a wrong one, which is not repeated', async () => {
    put(ca.issue({ passphrase: 'open sesame' }))
    expect(await refusal(settings())).toMatch(/is encrypted: set ssl.key_passphrase/)
    const line = await refusal(settings(), { MCP_SSL_KEY_PASSPHRASE: 'open barley' })
    expect(line).toMatch(/ssl.key_passphrase does not open ssl.key_file/)
    expect(line).not.toContain('barley')
  })
})

describe('switchyard check', () => {
  let home: Home
  beforeEach(async () => {
    home = await openHome()
  })
  afterEach(() => home.remove())

  const rowsOf = (stdout: string) =>
    (JSON.parse(stdout) as { rows: { name: string; state: string; detail: string }[] }).rows.map(
      ({ name, state, detail }) => `${name} ${state} ${detail}`,
    )

  test('tries a server over TLS, known by its certificate and by no other', async () => {
    put(ca.issue({ hosts: ['tools.example'] }))
    const ssl = settings()
    const [port, adminPort] = [await freePort(), await freePort()]
    const program = await launch(['--port', String(port), '--admin-port', String(adminPort)], { file: { ssl } })
    expect(program.url()).toBe(`https://127.0.0.1:${port}`)
    const line = ['check', '--json', '--port', String(port), '--admin-port', String(adminPort)]
    const well = rowsOf((await home.run(line, { file: { ssl } })).stdout)
    expect(well.slice(0, 4)).toEqual([
      expect.stringMatching(`^server ok https://127.0.0.1:${port} healthy`),
      expect.stringMatching('^sse ok '),
      expect.stringMatching('^http ok '),
      expect.stringMatching(`^admin ok https://127.0.0.1:${adminPort} healthy`),
    ])
    const other = ca.issue()
    const astray = rowsOf((await home.run(line, { file: { ssl: { ...ssl, cert_file: other.certFile } } })).stdout)
    expect(astray[0]).toMatch(/^server failed .*the server shows another certificate than ssl.cert_file/)
  })

  test('shows a client certificate where that is wanted, and says how to give one', async () => {
    put(ca.issue())
    const robot = ca.issue({ cn: 'robot', client: true })
    const ssl = settings({ mode: 'mtls_only', ca_cert: ca.certFile })
    const [port, adminPort] = [await freePort(), await freePort()]
    await launch(['--port', String(port), '--admin-port', String(adminPort)], { file: { ssl } })
    const line = ['check', '--json', '--port', String(port), '--admin-port', String(adminPort)]
    const without = rowsOf((await home.run(line, { file: { ssl } })).stdout)
    expect(without[0]).toBe('server skipped ssl.mode is mtls_only: give a client certificate with --cert and --key')
    expect(without[3]).toMatch(/^admin ok /)
    const shown = rowsOf((await home.run([...line, '--cert', robot.certFile, '--key', robot.keyFile], { file: { ssl } })).stdout)
    expect(shown.slice(0, 4).map((row) => row.split(' ')[1])).toEqual(['ok', 'ok', 'ok', 'ok'])
  })
})

test('a program over stdio alone looks at no certificate', async () => {
  const system = await start({ file: { ssl: settings() }, flags: { transport: 'stdio', admin: false } })
  await system.stop()
})
