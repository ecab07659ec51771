/** What is promised about client certificates: who is let in, as whom, and what they may do. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { textOf, wires } from './clients.ts'
import { type Ca, type Issued, makeCa } from './fakes/certificates.ts'
import { type TlsClient, tlsClient } from './fakes/tls-client.ts'
import { leftOut } from './missing.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

const secretKey = 'k8Zq2Lw0pX5vT1yR7nB4mC9sD3fG6hJ0Tq5Xw8Kd2Nf7'

let ca: Ca
let own: Issued
let robot: Issued
let system: TestSystem
const clients: TlsClient[] = []

beforeAll(() => {
  ca = makeCa()
  own = ca.issue()
  robot = ca.issue({ cn: 'robot', ou: 'agents', client: true })
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})
afterAll(() => ca.remove())

/** One who trusts our authority, with this certificate or none. */
function holder(certificate?: Issued, headers: Record<string, string> = {}): TlsClient {
  const client = tlsClient(ca.cert, certificate, headers)
  clients.push(client)
  return client
}

const serve = (ssl: Record<string, unknown>, file: Record<string, unknown> = {}) =>
  start({
    file: { ssl: { enabled: true, cert_file: own.certFile, key_file: own.keyFile, ca_cert: ca.certFile, ...ssl }, ...file },
  })

/** Calls a command over /cmd. @param params for `echo` it has some */
async function call(
  client: TlsClient,
  name: string,
  headers: Record<string, string> = {},
  params: object = { message: 'hello' },
) {
  const answer = await client.fetch(`${system.url}/cmd`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ command: name, params }),
  })
  return { status: answer.status, text: await answer.text() }
}

describe('mtls_only', () => {
  beforeAll(async () => {
    system = await serve({ mode: 'mtls_only' })
  })
  afterAll(() => system.stop())

  test('nobody connects without a certificate, or with one that somebody else has signed', async () => {
    const other = makeCa('Other CA')
    const stranger = other.issue({ cn: 'robot', client: true })
    other.remove()
    for (const client of [holder(), holder(stranger)]) {
      await expect(client.fetch(`${system.url}/health/live`)).rejects.toThrow()
      for (const wire of wires) await expect(client.connect(wire, system.url)).rejects.toThrow()
    }
  })

  test('nobody connects with a certificate that has ended, or is not for clients', async () => {
    for (const certificate of [ca.issue({ cn: 'robot', client: true, days: -1 }), ca.issue({ cn: 'robot' })]) {
      await expect(holder(certificate).fetch(`${system.url}/health/live`)).rejects.toThrow()
    }
  })

  test.each(wires)('the holder of a certificate connects over %s', async (wire) => {
    const client = await holder(robot).connect(wire, system.url)
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: `by ${wire}` } }))).toContain(wire)
    expect(system.yard.sessions.list().find(({ via }) => via === wire)?.caller).toEqual({
      id: 'cert:robot',
      name: 'robot',
      scopes: ['read', 'call'],
    })
  })

  test('may do what a key may: read and call, and nothing of an admin', async () => {
    expect((await call(holder(robot), 'echo')).status).toBe(200)
    const refused = await call(holder(robot), 'key_list', {}, {})
    expect(refused.text).toContain('key_list needs the admin scope')
  })

  test('two certificates of one name are one caller, so that one may be renewed; one without a name goes by its fingerprint', async () => {
    const renewed = ca.issue({ cn: 'robot', client: true })
    const nameless = ca.issue({ client: true })
    await holder(renewed).connect('http', system.url)
    await holder(nameless).connect('http', system.url)
    const ids = system.yard.sessions.list().map(({ caller }) => caller.id)
    expect(ids.filter((id) => id === 'cert:robot').length).toBeGreaterThan(0)
    expect(ids).toContainEqual(expect.stringMatching(/^cert:[0-9a-f]{16}$/))
  })

  test('the admin port asks for no certificate, so browsers and probes come as they are', async () => {
    const answer = await holder().fetch(`${system.adminUrl}/health/ready`)
    expect(answer.status).toBe(200)
  })
})

describe('tls with ca_cert', () => {
  afterEach(() => system.stop())

  test('a certificate is asked for and may be left out; whoever shows one is known by it', async () => {
    system = await serve({}, { auth: { mode: 'required' }, secret_key: secretKey })
    expect((await call(holder(), 'echo')).status).toBe(401)
    expect((await call(holder(robot), 'echo')).status).toBe(200)
  })

  test('a credential in a header goes before the certificate, and a wrong one is refused', async () => {
    system = await serve({})
    expect(await call(holder(robot), 'echo', { Authorization: 'Bearer nonsense' })).toMatchObject({
      status: 401,
      text: expect.stringContaining('this credential is not valid'),
    })
  })

  test('a certificate that is not valid is refused and told why, also where none is needed', async () => {
    system = await serve({})
    expect((await call(holder(), 'echo')).status).toBe(200)
    const ended = await call(holder(ca.issue({ cn: 'robot', client: true, days: -1 })), 'echo')
    expect(ended).toMatchObject({ status: 401, text: expect.stringContaining('not valid here: CERT_HAS_EXPIRED') })
    const selfMade = makeCa('robot')
    const forged = selfMade.issue({ cn: 'robot', client: true })
    selfMade.remove()
    expect(await call(holder(forged), 'echo')).toMatchObject({ status: 401 })
  })

  test('a resumed TLS session is who it was, and no more valid than it was', async () => {
    system = await serve({}, { auth: { mode: 'required' }, secret_key: secretKey })
    const port = Number(new URL(system.url).port)
    for (const [certificate, status] of [
      [robot, 200],
      [ca.issue({ cn: 'robot', client: true, days: -1 }), 401],
    ] as const) {
      const trust = { ca: ca.cert, cert: certificate.cert, key: certificate.key, host: '127.0.0.1', port }
      let session: Buffer | undefined
      for (const reused of [false, true]) {
        const socket = connectTls({ ...trust, session }).setEncoding('utf8')
        socket.on('session', (ticket: Buffer) => {
          session = ticket
        })
        const body = '{"command":"echo","params":{"message":"hello"}}'
        socket.write(
          `POST /cmd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
        await once(socket, 'secureConnect')
        const resumed = socket.isSessionReused()
        let answer = ''
        for await (const text of socket) answer += text
        expect([resumed, answer.slice(0, 12)]).toEqual([reused, `HTTP/1.1 ${status}`])
      }
    }
  })

  test('over a connection that stays open a certificate is good until it ends', async () => {
    system = await serve({})
    const client = holder(robot)
    expect((await call(client, 'echo')).status).toBe(200)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40 * 86_400_000 })
    try {
      expect(await call(client, 'echo')).toMatchObject({ status: 401, text: expect.stringContaining('it has expired') })
    } finally {
      vi.useRealTimers()
    }
  })

  test.each(wires)('what is open over %s ends with the certificate', async (wire) => {
    system = await serve({})
    const { yard, log } = system
    await holder(robot).connect(wire, system.url)
    await until('it is open', () => yard.sessions.list().length === 1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 40 * 86_400_000 })
    try {
      await until('it has ended', () => log.of('ended with its credential').length > 0)
      expect(log.of('ended with its credential')[0]!.fields).toMatchObject({ caller: 'cert:robot' })
      await until('the session is gone', () => yard.sessions.list().length === 0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('ssl.clients says what holders may do: by unit, by name, both together, and nothing for whom no entry fits', async () => {
    system = await serve({
      clients: [
        { subject: 'OU=agents', scopes: ['call'] },
        { subject: 'CN=chief', scopes: ['admin', 'read'] },
      ],
    })
    const scopesOf = async (cn: string, ou?: string) => {
      await holder(ca.issue({ cn, ou, client: true })).connect('http', system.url)
      return system.yard.sessions.list().find(({ caller }) => caller.name === cn)!.caller.scopes
    }
    expect(await scopesOf('worker', 'agents')).toEqual(['call'])
    expect(await scopesOf('chief', 'agents')).toEqual(['read', 'call', 'admin'])
    expect(await call(holder(ca.issue({ cn: 'agents', ou: 'chief', client: true })), 'echo')).toMatchObject({
      status: 403,
      text: expect.stringContaining('no entry of ssl.clients fits'),
    })
  })

  test('the history has the name in the certificate', async () => {
    system = await serve({ clients: [{ subject: '*', scopes: ['read', 'call', 'admin'] }] })
    await call(holder(robot), 'echo')
    const chief = holder(ca.issue({ cn: 'chief', client: true }))
    await until('the call is in the history', async () => {
      const { text } = await call(chief, 'executions', {}, { name: 'echo' })
      return text.includes('"callerId":"cert:robot","callerName":"robot"')
    })
  })

  test('what was taken back is worth nothing, once the list says so', async () => {
    const lost = ca.issue({ cn: 'lost', client: true })
    const crlFile = `${ca.certFile}.crl`
    writeFileSync(crlFile, ca.revoke())
    system = await serve({ crl_file: crlFile, mode: 'mtls_only' })
    expect((await call(holder(lost), 'echo')).status).toBe(200)
    writeFileSync(crlFile, ca.revoke(lost))
    await until('the new list is in force', () => system.log.of('certificate renewed').length > 0)
    await expect(call(holder(lost), 'echo')).rejects.toThrow()
    expect((await call(holder(robot), 'echo')).status).toBe(200)
  })
})

const outside = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

if (outside === undefined)
  leftOut('THE TEST OF HEALTH FROM OUTSIDE IS SKIPPED.', 'this machine has no address but those of the loopback')
test.skipIf(outside === undefined)(
  'from outside the details of health are for holders, and the others get the state alone',
  async () => {
    const wide = ca.issue({ hosts: [outside!] })
    const file = { server: { host: '0.0.0.0' }, secret_key: secretKey }
    system = await serve({ cert_file: wide.certFile, key_file: wide.keyFile }, file)
    try {
      const url = `https://${outside}:${new URL(system.url).port}/health`
      const ask = async (client: TlsClient) => Object.keys((await (await client.fetch(url)).json()) as object)
      expect(await ask(holder())).not.toContain('components')
      expect(await ask(holder(robot))).toContain('components')
    } finally {
      await system.stop()
    }
  },
)
