/** What is promised about our own ports over TLS. */
import { once } from 'node:events'
import { get } from 'node:https'
import { connect as connectSocket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { textOf, wires } from './clients.ts'
import { password } from './fakes/admin.ts'
import { type Ca, type Issued, makeCa } from './fakes/certificates.ts'
import { type TlsClient, tlsClient } from './fakes/tls-client.ts'
import { handshake } from './fakes/wire.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

let ca: Ca
let own: Issued
let system: TestSystem
let client: TlsClient
const sockets: TLSSocket[] = []

beforeAll(async () => {
  ca = makeCa()
  own = ca.issue()
  const ssl = { enabled: true, cert_file: own.certFile, key_file: own.keyFile }
  system = await start({ file: { ssl, server: { allowed_hosts: ['tools.example'] } } })
  client = tlsClient(ca.cert)
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await client?.close()
  await system?.stop()
  ca?.remove()
})

/** A connection that has shaken hands, with what came over it. */
async function open(options: ConnectionOptions = {}) {
  const socket = connectTls({ port: Number(new URL(system.url).port), host: '127.0.0.1', ca: ca.cert, ...options })
  sockets.push(socket)
  const said = { text: '' }
  socket.setEncoding('utf8').on('data', (text: string) => {
    said.text += text
  })
  await once(socket, 'secureConnect')
  return { socket, said }
}

test.each(wires)('a client of the official SDK connects and calls over %s', async (wire) => {
  const connected = await client.connect(wire, system.url)
  expect(textOf(await connected.callTool({ name: 'echo', arguments: { message: 'hello' } }))).toContain('hello')
})

test('who does not trust the authority does not connect', async () => {
  const stranger = tlsClient(makeOther())
  await expect(stranger.fetch(`${system.url}/health/live`)).rejects.toThrow()
  await stranger.close()
})

function makeOther(): string {
  const other = makeCa('Other CA')
  other.remove()
  return other.cert
}

test('both ports name themselves with https, in the log too', async () => {
  expect([system.url, system.adminUrl]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/^https:/)])
  expect(system.log.of('listening').map(({ fields }) => fields.url)).toEqual([system.url, system.adminUrl])
})

test('HTTP without TLS is told to come with it', async () => {
  const socket = connectSocket(Number(new URL(system.url).port), '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text
  })
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'close')
  expect(received).toMatch(/^HTTP\/1\.1 400 /)
  expect(received).toContain('this port speaks TLS: use https:// or wss://')
})

test('TLS before 1.2 is not spoken', async () => {
  await expect(open({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow(
    /alert protocol version/,
  )
})

test('a request that offers HTTP/2 by an upgrade is answered as if it had not', async () => {
  const { socket, said } = await open()
  const body = JSON.stringify(handshake())
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA'
  const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${offer}`
  socket.write(`${head}\r\n\r\n${body}`)
  await until('the answer comes', () => said.text.includes('"serverInfo"'))
  expect(said.text).toMatch(/^HTTP\/1\.1 200 OK/)
})

test('health says until when the certificate is valid, and whose it is', async () => {
  const report = (await (await client.fetch(`${system.url}/health`)).json()) as { components: Record<string, unknown> }
  expect(report.components.tls).toEqual({
    status: 'ok',
    detail: expect.stringContaining('valid until 20'),
    subject: 'O=nobody',
    ends: expect.stringMatching(/^20\d\d-.*Z$/),
  })
})

describe('the panel', () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    client.fetch(`${system.adminUrl}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  test('gives a link with https, a cookie that never leaves TLS nor this host, and addresses with https', async () => {
    const link = (await system.firstLink())!
    expect(link).toMatch(`${system.adminUrl}/`)
    const welcome = await post('auth/welcome', { token: new URL(link).hash.slice(1), name: 'ada', password })
    const cookie = welcome.headers.get('Set-Cookie')!
    expect(cookie).toMatch(/^__Host-switchyard_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    const health = await client.fetch(`${system.adminUrl}/api/v1/health`, { headers: { Cookie: cookie.split(';')[0]! } })
    expect(await health.json()).toMatchObject({ urls: { mcp: `${system.url}/mcp`, sse: `${system.url}/sse` } })
    const out = await post('auth/logout', {}, { Cookie: cookie.split(';')[0]! })
    expect(out.status).toBe(403) // signed in, and only the token against foreign sites is missing
  })

  test('tells browsers to stay with TLS, unless it is this machine', async () => {
    const policy = (host: string) =>
      new Promise<string | undefined>((resolve, reject) => {
        const asked = get(
          system.adminUrl,
          { ca: ca.cert, servername: 'localhost', headers: { Host: host }, agent: false },
          (page) => {
            page.resume()
            resolve(page.headers['strict-transport-security'])
          },
        )
        asked.on('error', reject)
      })
    expect(await policy('tools.example:9091')).toBe('max-age=2592000')
    expect(await policy('localhost:9091')).toBeUndefined()
    expect(await policy('127.0.0.1')).toBeUndefined()
  })
})

describe('a stop', () => {
  test('waits neither for a connection that never asked nor for a handshake that never came', async () => {
    const other = await start({ file: { ssl: { enabled: true, cert_file: own.certFile, key_file: own.keyFile } } })
    const port = Number(new URL(other.url).port)
    const early = connectTls({ port, host: '127.0.0.1', ca: ca.cert })
    const mute = connectSocket(port, '127.0.0.1')
    await Promise.all([once(early, 'secureConnect'), once(mute, 'connect')])
    await other.stop()
    expect(other.log.of('drain time is over: what still runs is cut off')).toEqual([])
    early.destroy()
    mute.destroy()
  })
})
