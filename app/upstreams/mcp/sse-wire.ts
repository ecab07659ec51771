/** Our end of HTTP+SSE, the transport of 2024-11-05: one event stream for all that the server says, a POST for each thing that we say. */
import type { Json } from '../../call.ts'
import type { Connect } from '../../tls/own-server.ts'
import { discard, readChunks } from '../http/body.ts'
import { type HttpAnswer, openHttpClient } from '../http/client.ts'
import type { Credentials } from '../http/credentials.ts'
import type { HeaderMap } from '../http/headers.ts'
import { createEventReader } from './event-source.ts'
import { HttpSession } from './http-session.ts'
import { asError, handOver } from './messages.ts'
import { createTurns, type Turn } from './turns.ts'
import type { SendOptions, Wire, WireEvents } from './wire.ts'

export interface SseWireOptions {
  readonly url: string
  /** On every request. */
  readonly headers: HeaderMap
  /** What the server is shown beside them. */
  readonly credentials?: Credentials
  /** How to connect, where the system's way will not do. */
  readonly connect?: Connect
  readonly events: WireEvents
  /** Longest event, in bytes. */
  readonly max?: number
}

/**
 * Messages come with no `from`: all of them share the stream. The end of it is the end of the wire, however it comes.
 * Throws where a configured header is none.
 */
export function openSseWire({ url, headers, credentials, connect, events, max = 16 * 1024 * 1024 }: SseWireOptions): Wire {
  const http = openHttpClient(url, headers, credentials, connect)
  const session = new HttpSession(http)
  const turns = createTurns()
  let endpoint: URL | undefined
  let over = false
  let closing = Promise.resolve()

  /** Settles when the server has said where messages go. Throws where it does not, and when the signal aborts; the wire is over then. */
  async function start(signal?: AbortSignal): Promise<void> {
    const turn = turns.begin(signal)
    try {
      const stream = await session.stream({}, turn.signal)
      await new Promise<void>((resolve, reject) => {
        void read(stream, turn, resolve).then(reject)
      })
    } catch (error) {
      void finish(asError(error).message)
      throw error
    } finally {
      turn.detach()
    }
  }

  /** Reads until the end. Never rejects. @returns why it ended */
  async function read(stream: HttpAnswer, { signal }: Turn, ready: () => void): Promise<Error> {
    const reader = createEventReader({
      max,
      event(name, data) {
        if (name === 'message') return handOver(data, { events, wanted: () => !signal.aborted })
        if (name !== 'endpoint' || endpoint) return
        endpoint = endpointOf(data, stream.url)
        ready()
      },
      id() {},
      retry() {},
    })
    let end = new Error('the server ended the event stream')
    try {
      await readChunks(stream, reader.push)
    } catch (error) {
      end = asError(signal.aborted ? signal.reason : error)
    }
    void finish(end.message)
    return end
  }

  async function send(message: Json, { headers: extra = {}, signal }: SendOptions = {}): Promise<void> {
    if (over) throw new Error('the connection is closed')
    if (!endpoint) throw new Error('the server has not said yet where messages go')
    const turn = turns.begin(signal)
    try {
      const answer = await session.post(message, extra, turn.signal, endpoint)
      discard(answer.body)
    } finally {
      turn.done()
    }
  }

  function finish(reason: string): Promise<void> {
    if (over) return closing
    over = true
    turns.abort(new Error(reason))
    closing = http.close()
    events.closed(reason)
    return closing
  }

  return {
    start,
    send,
    forget() {},
    version(protocolVersion) {
      session.version = protocolVersion
    },
    stateful: true,
    ready: async () => {},
    close: () => finish('closed'),
  }
}

/** Relative to the stream, or absolute; never another server, which would get our credentials. */
function endpointOf(text: string, stream: URL): URL {
  if (!URL.canParse(text, stream.href)) throw new Error('the server named an endpoint that is no URL')
  const endpoint = new URL(text, stream)
  if (endpoint.origin === stream.origin) return endpoint
  throw new Error(
    `the server wants messages at ${endpoint.origin}, which is another server than ${stream.origin}: they are not sent there`,
  )
}
