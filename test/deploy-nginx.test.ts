/** What deploy/nginx.conf promises, tried with a real nginx in front of little servers of ours. */
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type Nginx, startNginx } from './fakes/nginx.ts'
import { tool } from './tool.ts'
import { until } from './until.ts'

const program = tool('nginx')

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** One replica: answers as the test wishes, and by default tells what it was asked. */
interface Replica {
  readonly server: Server
  readonly port: number
  seen: number
  answer: Answer
}

const tell =
  (name: string): Answer =>
  async (request, response) => {
    let length = 0
    for await (const chunk of request) length += (chunk as Buffer).length
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ replica: name, method: request.method, url: request.url, headers: request.headers, length }))
  }

interface Told {
  replica: string
  method: string
  url: string
  headers: IncomingHttpHeaders
  length: number
}

async function startReplica(name: string): Promise<Replica> {
  const replica: Replica = { server: createServer(), port: 0, seen: 0, answer: tell(name) }
  replica.server.on('request', (request, response) => {
    replica.seen++
    replica.answer(request, response)
  })
  replica.server.listen(0, '127.0.0.1')
  await once(replica.server, 'listening')
  return Object.assign(replica, { port: (replica.server.address() as AddressInfo).port })
}

async function stopReplica({ server }: Replica): Promise<void> {
  if (!server.listening) return
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

/** Calls as a client at this address would. */
const from = (address: string, init: RequestInit = {}): RequestInit => ({ ...init, headers: { 'x-forwarded-for': address } })
const told = async (url: string, init?: RequestInit) => (await (await fetch(url, init)).json()) as Told

describe.skipIf(!program)('nginx in front of two replicas', () => {
  let one: Replica
  let two: Replica
  let nginx: Nginx

  beforeAll(async () => {
    one = await startReplica('one')
    two = await startReplica('two')
    const ports = [one.port, two.port]
    nginx = await startNginx(program!, { mcp: ports, panel: ports })
  })
  afterEach(() => {
    one.answer = tell('one')
    two.answer = tell('two')
  })
  afterAll(async () => {
    await nginx?.stop()
    await stopReplica(one)
    await stopReplica(two)
  })

  /** Whichever replica is asked answers so. */
  const answer = (how: Answer) => {
    one.answer = how
    two.answer = how
  }

  test.each([
    ['GET', '/sse', 'in chunks'],
    ['GET', '/mcp', 'in chunks'],
    ['POST', '/mcp', 'in chunks'],
    // nginx tells chunks apart by itself; only a stream that ends with its connection shows whether it holds anything back.
    ['GET', '/sse', 'until the connection ends'],
    ['POST', '/mcp', 'until the connection ends'],
  ])('an event stream in answer to %s %s, sent %s, arrives event by event', async (method, path, framing) => {
    let stream: ServerResponse | undefined
    answer((_, response) => {
      stream = response
      response.setHeader('content-type', 'text/event-stream')
      if (framing !== 'in chunks') response.removeHeader('transfer-encoding')
      response.write('data: 0\n\n')
    })
    const response = await fetch(nginx.mcp + path, { method })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    // Each event is written only after the one before it has come out: anything held back would end this in a timeout.
    for (let event = 0; event < 5; event++) {
      expect((await reader.read()).value).toBe(`data: ${event}\n\n`)
      stream!.write(`data: ${event + 1}\n\n`)
    }
    await reader.cancel()
  })

  test('a client that goes away ends the stream at the replica too', async () => {
    let gone: Promise<unknown> | undefined
    answer((_, response) => {
      gone = once(response, 'close')
      response.write('data: hello\n\n')
    })
    const leave = new AbortController()
    const response = await fetch(`${nginx.mcp}/sse`, { signal: leave.signal })
    await response.body!.getReader().read()
    leave.abort()
    await gone
  })

  test('a POST comes through whole, with the name that the client used and its address', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024 - 1024, 'x')
    const { length, headers, url } = await told(
      `${nginx.mcp}/messages?sessionId=7`,
      from('203.0.113.9', { method: 'POST', body }),
    )
    expect(length).toBe(body.length)
    expect(url).toBe('/messages?sessionId=7')
    expect(headers).toMatchObject({
      host: new URL(nginx.mcp).host,
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'http',
    })
  })

  test('what a client claims about its own address is not passed on', async () => {
    const { headers } = await told(`${nginx.mcp}/cmd`, from('198.51.100.1, 203.0.113.9'))
    expect(headers['x-forwarded-for']).toBe('203.0.113.9')
  })

  test('a request of 5 MiB is refused before a replica sees it', async () => {
    const before = one.seen + two.seen
    const response = await fetch(`${nginx.mcp}/mcp`, { method: 'POST', body: Buffer.alloc(5 * 1024 * 1024) })
    expect(response.status).toBe(413)
    expect(one.seen + two.seen).toBe(before)
  })

  test('a header of more than 16 KiB is refused', async () => {
    const response = await fetch(`${nginx.mcp}/cmd`, { headers: { 'x-long': 'x'.repeat(17 * 1024) } })
    expect(response.status).toBe(400)
  })

  test('a WebSocket on /ws is upgraded, with its subprotocol', async () => {
    const servers = [one, two].map(({ server }) => new WebSocketServer({ server, path: '/ws', handleProtocols: () => 'mcp' }))
    for (const server of servers) server.on('connection', (socket) => socket.on('message', (data) => socket.send(`${data}!`)))
    const client = new WebSocket(`${nginx.mcp.replace('http', 'ws')}/ws`, 'mcp')
    const opened = once(client, 'open')
    await opened
    expect(client.protocol).toBe('mcp')
    const answered = once(client, 'message')
    client.send('hello')
    expect(String((await answered)[0])).toBe('hello!')
    client.close()
    await once(client, 'close')
    for (const server of servers) server.close()
    for (const { server } of [one, two]) server.removeAllListeners('upgrade')
  })

  test('an upgrade anywhere else does not reach a replica', async () => {
    const asked = request(`${nginx.mcp}/cmd`, { headers: { connection: 'upgrade', upgrade: 'websocket' } }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const { headers } = JSON.parse(Buffer.concat(await response.toArray()).toString()) as Told
    expect(headers.upgrade).toBeUndefined()
    expect(headers.connection).not.toBe('upgrade')
  })

  test.each(['mcp', 'panel'] as const)('the metrics of the %s port are for private addresses only', async (port) => {
    for (const path of ['/metrics', '/metrics/', '/%6detrics', '//metrics']) {
      expect((await fetch(nginx[port] + path, from('203.0.113.9'))).status).toBe(403)
    }
    expect((await fetch(`${nginx[port]}/metrics`, from('10.1.2.3'))).status).toBe(200)
  })

  test.each(['mcp', 'panel'] as const)('hidden files are not there on the %s port, and .well-known is', async (port) => {
    for (const path of ['/.env', '/a/.git/config']) expect((await fetch(nginx[port] + path)).status).toBe(404)
    expect((await fetch(`${nginx[port]}/.well-known/oauth-protected-resource`)).status).toBe(200)
  })

  test('the log has no probes and no queries', async () => {
    for (const port of [nginx.mcp, nginx.panel]) {
      await fetch(`${port}/health/ready`)
      await fetch(`${port}/in-the-log?token=secret`)
    }
    const logged = () => nginx.log().match(/"GET \/in-the-log" 200/g) ?? []
    await until('both are in the log', () => logged().length > 1)
    expect(logged()).toHaveLength(2)
    expect(nginx.log()).not.toContain('/health')
    expect(nginx.log()).not.toContain('secret')
  })

  test('one address that floods is refused, and its event streams, its probes and other addresses are not', async () => {
    const flood = (base: string) =>
      Promise.all(Array.from({ length: 100 }, async () => (await fetch(`${base}/cmd`, from('203.0.113.66'))).status))
    for (const base of [nginx.mcp, nginx.panel]) {
      await until('some are refused', async () => (await flood(base)).includes(429))
    }
    for (const path of ['/sse', '/mcp', '/ws', '/health']) {
      const streams = Array.from({ length: 100 }, async () => (await fetch(nginx.mcp + path, from('203.0.113.66'))).status)
      expect(new Set(await Promise.all(streams))).toEqual(new Set([200]))
    }
    expect((await fetch(`${nginx.mcp}/cmd`, from('203.0.113.67'))).status).toBe(200)
  })

  test('all requests of one address reach the same replica, and many addresses reach both', async () => {
    const homes = new Map<string, Set<string>>()
    for (let host = 1; host <= 40; host++) {
      const address = `198.51.100.${host}`
      const asked = ['/sse', '/messages?sessionId=1', '/mcp', '/ws'].map((path) => told(nginx.mcp + path, from(address)))
      homes.set(address, new Set((await Promise.all(asked)).map(({ replica }) => replica)))
    }
    expect([...homes.values()].every((replicas) => replicas.size === 1)).toBe(true)
    expect(new Set([...homes.values()].flatMap((replicas) => [...replicas]))).toEqual(new Set(['one', 'two']))
  })

  // Last, because it takes a replica away.
  test('the clients of a replica that is gone are served by the other, POST too', async () => {
    await stopReplica(two)
    for (let host = 1; host <= 20; host++) {
      const { replica } = await told(`${nginx.mcp}/mcp`, from(`198.51.100.${host}`, { method: 'POST', body: '{}' }))
      expect(replica).toBe('one')
    }
  })
})
