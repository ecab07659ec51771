/** One HTTP request with whatever headers and body, and its response as it comes. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { Events } from '../../fakes/wire.ts'
import type { Headers } from '../entry.ts'
import { keep, type Seen } from '../seen.ts'
import { within } from './talk.ts'

export interface Wish {
  readonly method?: string
  readonly path: string
  readonly headers?: Headers
  readonly body?: Buffer
  /** Takes a connection that others use too; otherwise one of its own. */
  readonly shared?: boolean
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Settles when the body has ended, or the first event of a stream has come. */
  readonly begun: Promise<void>
  /** Settles when the body has ended; what came is in `seen` by then. Rejects where the connection broke. */
  readonly ended: Promise<void>
  leave(): void
}

const agent = new Agent({ keepAlive: true })

/** What comes is kept in `seen`, a body of JSON-RPC as messages. Rejects when no response has begun after a long time. */
export async function ask(url: string, { method = 'POST', path, headers = {}, body, shared }: Wish, seen: Seen): Promise<Reply> {
  const sending = request(new URL(url), { method, path, agent: shared ? agent : false })
  for (const [name, value] of Object.entries(headers)) if (value !== null) sending.setHeader(name, value)
  sending.end(body)
  const responded = new Promise<IncomingMessage>((resolve, reject) => sending.on('response', resolve).on('error', reject))
  const incoming = await within(`${method} ${path} is answered`, responded).catch(unlessReset)
  if (!incoming) {
    seen.closed = 0
    return { status: 0, headers: {}, begun: Promise.resolve(), ended: Promise.resolve(), leave() {} }
  }
  const { statusCode = 0 } = incoming
  seen.statuses.push(statusCode)
  const streams = incoming.headers['content-type'] === 'text/event-stream'
  let begin = () => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const ended = (streams ? readEvents(incoming, seen, begin) : readBody(incoming, seen)).finally(() => begin())
  ended.catch(() => {}) // whoever waits for it hears of it
  return { status: statusCode, headers: incoming.headers, begun, ended, leave: () => sending.destroy() }
}

/** A server that has heard enough may end the connection while we are still writing: then its answer is lost on the way. */
function unlessReset(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error
}

async function readEvents(incoming: IncomingMessage, seen: Seen, begin: () => void): Promise<void> {
  const events = new Events(new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>))
  for (let event = await events.next(); event; event = await events.next()) {
    if (event.name === 'message' && event.data !== '') keep(seen, event.data)
    begin()
  }
}

async function readBody(incoming: IncomingMessage, seen: Seen): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  if (text === '') return
  if (text.startsWith('{"jsonrpc"') || text.startsWith('[{"jsonrpc"')) keep(seen, text)
  else seen.texts.push(text)
}
