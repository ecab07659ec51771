/** What is promised about Host and Origin: a page on the web does not reach a server on somebody's machine. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCheck, type GuardOptions } from '../app/guard.ts'
import { handshake } from './fakes/wire.ts'
import { start, type TestSystem } from './start.ts'

let system: TestSystem
beforeAll(async () => {
  system = await start({
    env: { MCP_ALLOWED_HOSTS: 'switch.example,10.1.2.3:8080', MCP_PUBLIC_URL: 'https://public.example/gate' },
  })
})
afterAll(() => system.stop())

interface Reply {
  readonly status: number
  readonly text: string
}

/** One request with exactly these headers; fetch would write Host itself. */
function send(url: string, headers: Record<string, string>, body?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sending = httpRequest(
      url,
      { method: body ? 'POST' : 'GET', headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: JSON.stringify(response.headers) + text }))
      },
    )
    sending.on('error', reject).end(body && JSON.stringify(body))
  })
}

const ports = [
  ['port 9090', () => system.url],
  ['port 9091', () => system.adminUrl],
] as const

describe.each(ports)('on %s', (_, url) => {
  const port = () => new URL(url()).port

  test.each([
    ['another Host', { host: 'evil.example' }],
    ['another Host with our port', { host: 'evil.example:9090' }],
    ['a Host that only begins like ours', { host: 'localhost.evil.example' }],
    ['another Origin', { origin: 'https://evil.example' }],
    ['an Origin that only begins like ours', { origin: 'http://localhost.evil.example' }],
    ['the Origin null', { origin: 'null' }],
    ['an Origin that is none', { origin: 'evil.example' }],
    ['a page on another port of this machine', { origin: 'http://localhost:3000' }],
    ['both of another', { host: 'evil.example', origin: 'http://evil.example' }],
  ])('%s is refused with 403, and nothing of it comes back', async (_, headers) => {
    for (const path of ['/', '/health/live', '/no/such/path']) {
      const { status, text } = await send(url() + path, headers)
      expect(status).toBe(403)
      expect(text).toContain('allowed_hosts')
      expect(text).not.toContain('evil.example')
    }
  })

  test.each([
    'localhost',
    'localhost:PORT',
    '127.0.0.1:PORT',
    '[::1]:PORT',
    'LOCALHOST:PORT',
    'switch.example',
    'switch.example:1234',
  ])('the Host %s is known', async (host) => {
    expect((await send(`${url()}/health/live`, { host: host.replace('PORT', port()) })).status).toBe(200)
  })

  test.each(['10.1.2.3', 'public.example'])('the Host %s is known from the configuration', async (host) => {
    expect((await send(`${url()}/health/live`, { host })).status).toBe(200)
  })

  test.each([
    ['http://localhost:PORT', 'localhost:PORT'],
    ['http://[::1]:PORT', '[::1]:PORT'],
    ['https://switch.example', 'localhost:PORT'],
    ['https://public.example', 'public.example'],
    ['https://public.example:8443', 'public.example:8443'],
  ])('a page of %s may ask', async (origin, host) => {
    expect(
      (await send(`${url()}/health/live`, { origin: origin.replace('PORT', port()), host: host.replace('PORT', port()) })).status,
    ).toBe(200)
  })
})

describe('every way in on port 9090', () => {
  test.each([
    ['/mcp', handshake()],
    ['/messages?sessionId=x', handshake()],
    ['/cmd', { command: 'echo', params: { message: 'x' } }],
    ['/api/commands/echo', { message: 'x' }],
    ['/sse', undefined],
    ['/openapi.json', undefined],
    ['/metrics', undefined],
  ])('%s is behind the same check', async (path, body) => {
    expect((await send(system.url + path, { origin: 'https://evil.example' }, body)).status).toBe(403)
    expect((await send(system.url + path, { host: 'evil.example' }, body)).status).toBe(403)
  })
})

describe('bound to the network', () => {
  function checking(options: GuardOptions) {
    const check = createCheck(options)
    return (host?: string, origin?: string) => check({ headers: { host, origin }, method: 'GET', url: '/' })
  }
  const options = { host: '0.0.0.0', allowedHosts: [], publicUrl: null, advertisedHost: null }

  test('any Host is taken where none is configured, because every call needs a credential there', () => {
    const check = checking(options)
    expect(check('10.0.0.7:9090')).toBeUndefined()
    expect(check('10.0.0.7:9090', 'http://10.0.0.7:9090')).toBeUndefined()
    expect(check('10.0.0.7:9090', 'https://evil.example')).toContain('Origin')
    expect(check('evil.example', 'http://localhost:3000')).toContain('Origin')
  })

  test('only what is configured is taken where something is', () => {
    const check = checking({ ...options, advertisedHost: 'switch.internal' })
    expect(check('switch.internal:9090')).toBeUndefined()
    expect(check('localhost:9090')).toBeUndefined()
    expect(check('evil.example')).toContain('Host')
  })

  test('a request without a Host is refused', () => {
    expect(checking(options)(undefined)).toContain('Host')
    expect(checking(options)('')).toContain('Host')
  })
})
