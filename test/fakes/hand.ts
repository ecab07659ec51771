/** A client by hand, the same over every way in: what it sends goes as it is, and everything that comes is kept in its order. */
import { once, setMaxListeners } from 'node:events'
import { type RawData, WebSocket } from 'ws'
import type { Json } from '../../app/call.ts'
import { createLineReader } from '../../app/lines.ts'
import { until } from '../until.ts'
import type { Pipes } from './command-yard.ts'
import { headersFor, metaOf } from './modern.ts'
import { acceptBoth, Events, handshake, type Message, notification, openEvents, post, request } from './wire.ts'

export const ways = ['http', 'sse', 'websocket', 'stdio'] as const
export type Way = (typeof ways)[number]

/** What is reached: stdio only where there is somebody who starts it. */
export interface Place {
  readonly url: string
  stdio?(): Pipes
}

export interface Hand {
  /** Everything that came so far and was not taken. */
  readonly heard: Message[]
  /** Settles when it was taken, not when it was answered. */
  send(message: object): Promise<void>
  /** Takes the first message for which this holds, and waits for it. */
  take(what: string, holds: (message: Message) => boolean): Promise<Message>
  /** The answer to this request. */
  ask(message: { readonly id: string | number; readonly [member: string]: unknown }): Promise<Message>
  /** Goes without a word. */
  leave(): Promise<void>
}

export interface HandOptions {
  readonly headers?: Record<string, string>
  /** What a POST accepts. */
  readonly accept?: string
  /** Opens the stream of the session over HTTP. */
  readonly stream?: boolean
}

type Line = Pick<Hand, 'send' | 'leave'>

/** A way in, without a handshake. */
export async function reach(yard: Place, way: Way, options: HandOptions = {}): Promise<Hand & { listen(): Promise<void> }> {
  const heard: Message[] = []
  const hear = (message: Message) => {
    // Whoever is asked whether they are there has to answer (MCP, utilities/ping).
    if (message.method !== 'ping' || message.id === undefined) heard.push(message)
    else send({ jsonrpc: '2.0', id: message.id, result: {} }).catch(() => {}) // the test has left
  }
  const open = { http: overHttp, sse: overSse, websocket: overWebsocket, stdio: overStdio }[way]
  const { send, leave, listen = async () => {} } = await open(yard, hear, options)

  async function take(what: string, holds: (message: Message) => boolean): Promise<Message> {
    await until(what, () => heard.some(holds))
    return heard.splice(heard.findIndex(holds), 1)[0]!
  }
  return {
    heard,
    send,
    take,
    leave,
    listen,
    async ask(message) {
      await send(message)
      return take(`an answer to ${message.id}`, ({ id, method }) => id === message.id && method === undefined)
    },
  }
}

/** With a handshake of the era with sessions. */
export async function shakeHands(
  yard: Place,
  way: Way,
  { abilities = {}, version, ...options }: HandOptions & { abilities?: Json; version?: string } = {},
): Promise<Hand> {
  const hand = await reach(yard, way, options)
  const hello = handshake(version)
  await hand.ask({ ...hello, params: { ...hello.params, capabilities: abilities } })
  await hand.send(notification('notifications/initialized'))
  if (options.stream) await hand.listen()
  return hand
}

/** Whatever was said before has been taken by now: an answer to something that comes after it is there. */
export async function settled(hand: Hand): Promise<void> {
  await hand.ask(request('ping', {}, `settled-${++pings}`))
}
let pings = 0

type Open = (yard: Place, hear: (message: Message) => void, options: HandOptions) => Promise<Line & { listen?(): Promise<void> }>

const overHttp: Open = async ({ url }, hear, { headers = {}, accept = acceptBoth }) => {
  const leaving = new AbortController()
  setMaxListeners(0, leaving.signal)
  let session: Record<string, string> = {}

  async function read(response: Response): Promise<void> {
    try {
      if (response.headers.get('content-type') === 'application/json') {
        const body = (await response.json()) as Message | Message[]
        for (const message of [body].flat()) hear(message)
      } else if (response.status === 200) await follow(new Events(response), hear)
      else await response.text()
    } catch {} // cut off by the test
  }

  return {
    async send(message) {
      const own = isModern(message) ? headersFor(message as { method: string; params: Json }) : session
      const response = await post(`${url}/mcp`, message, { accept, ...own, ...headers }, leaving.signal)
      const id = response.headers.get('mcp-session-id')
      if (id !== null) session = { 'mcp-session-id': id }
      void read(response)
    },
    async listen() {
      const events = await openEvents(`${url}/mcp`, { ...headers, ...session })
      leaving.signal.addEventListener('abort', () => void events.close().catch(() => {}))
      void follow(events, hear)
    },
    leave: async () => leaving.abort(),
  }
}

const overSse: Open = async ({ url }, hear, { headers = {} }) => {
  const events = await openEvents(`${url}/sse`, headers)
  const to = new URL((await events.next())?.data ?? '', url).href
  void follow(events, hear)
  return {
    send: async (message) => void (await post(to, message, headers)),
    leave: () => events.close(),
  }
}

const overWebsocket: Open = async ({ url }, hear, { headers = {} }) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, ['mcp'], { headers })
  socket.on('message', (data: RawData) => hear(JSON.parse(String(data)) as Message))
  await once(socket, 'open')
  return {
    send: async (message) => socket.send(JSON.stringify(message)),
    leave: async () => socket.terminate(),
  }
}

const overStdio: Open = async (yard, hear) => {
  const { input, output } = yard.stdio!()
  const lines = createLineReader({
    max: 64 * 1024 * 1024,
    onLine: (line) => hear(JSON.parse(line) as Message),
    onLong: () => {},
  })
  output.on('data', lines.push)
  return {
    send: async (message) => void input.write(`${JSON.stringify(message)}\n`),
    leave: async () => void input.end(),
  }
}

async function follow(events: Events, hear: (message: Message) => void): Promise<void> {
  try {
    for (let message = await events.message(); message; message = await events.message()) hear(message)
  } catch {} // cut off by the test
}

function isModern(message: object): boolean {
  const { params } = message as { params?: { _meta?: Json } }
  return params?._meta?.[metaOf('protocolVersion')] !== undefined
}
