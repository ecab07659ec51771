/** Our end of Streamable HTTP, of the revisions with sessions (2025-03-26 to 2025-11-25) and of the one without (2026-07-28). */
import { setTimeout as delay } from 'node:timers/promises'
import type { Json } from '../../call.ts'
import type { Connect } from '../../tls/own-server.ts'
import { discard, mediaTypeOf } from '../http/body.ts'
import { type HttpAnswer, openHttpClient } from '../http/client.ts'
import type { Credentials } from '../http/credentials.ts'
import { HttpRefused } from '../http/errors.ts'
import type { HeaderMap } from '../http/headers.ts'
import { readAnswer } from './http-answer.ts'
import { readNotices } from './http-notices.ts'
import { HttpSession } from './http-session.ts'
import { asError, handOverOne, isRequest } from './messages.ts'
import { createTurns, type Turn } from './turns.ts'
import type { SendOptions, Wire, WireEvents } from './wire.ts'

export interface HttpWireOptions {
  readonly url: string
  /** On every request. */
  readonly headers: HeaderMap
  /** What the server is shown beside them. */
  readonly credentials?: Credentials
  /** How to connect, where the system's way will not do. */
  readonly connect?: Connect
  readonly events: WireEvents
  /** Longest answer and longest event, in bytes. */
  readonly max?: number
  /** Milliseconds until a stream is opened again, where the server does not say: the first wait and the longest. */
  readonly waits?: { readonly min: number; readonly max: number }
}

/** Longest wait (ms) where a request waits for its response. */
const longestResume = 5_000
/** How long the stream for what belongs to no request is waited for, in milliseconds: a server may take its time, and have nothing to say. */
const longestReady = 2_000
/** How long a close waits for the server to take note, in milliseconds. */
const farewell = 1_000

/** Throws where a configured header is none. */
export function openHttpWire({
  url,
  headers,
  credentials,
  connect,
  events,
  max = 16 * 1024 * 1024,
  waits = { min: 1_000, max: 60_000 },
}: HttpWireOptions): Wire {
  const http = openHttpClient(url, headers, credentials, connect)
  const session = new HttpSession(http)
  const turns = createTurns()
  let listening = false
  let heard!: () => void
  const hearing = new Promise<void>((resolve) => {
    heard = resolve
  })
  let over = false
  let closing = Promise.resolve()

  async function send(message: Json, { headers: extra = {}, signal }: SendOptions = {}): Promise<void> {
    if (over) throw new Error('the connection is closed')
    const asks = isRequest(message)
    const turn = turns.begin(signal, asks ? String(message.id) : undefined)
    let answer: HttpAnswer
    try {
      answer = await session.post(message, extra, turn.signal)
      if (asks) expectResponse(answer)
    } catch (error) {
      turn.done()
      turn.signal.throwIfAborted()
      const response = asks ? responseIn(error, message.id) : undefined
      if (!response) throw error
      return handOverOne(response, String(message.id), events)
    }
    if (asks) return void follow(answer, message.id, turn)
    turn.done()
    discard(answer.body)
    if (message.method === 'notifications/initialized') void listen()
  }

  async function follow(answer: HttpAnswer, id: unknown, { signal, done }: Turn): Promise<void> {
    const resume = session.begun ? (place: HeaderMap) => session.stream(place, signal) : undefined
    const resumeWaits = { ...waits, max: Math.min(waits.max, longestResume) }
    try {
      await readAnswer(answer, { id, events, signal, max, waits: resumeWaits, resume })
    } catch (error) {
      if (!signal.aborted) events.failed(String(id), asError(error))
    } finally {
      done()
    }
  }

  /** Once: a session has one such stream. */
  async function listen(): Promise<void> {
    if (listening) return
    listening = true
    const { signal, done } = turns.begin()
    const open = (place: HeaderMap) => session.stream(place, signal).finally(heard)
    const end = await readNotices({ events, signal, max, waits, open })
    done()
    if (end === 'lost') await finish('the server has forgotten the session', false)
  }

  function finish(reason: string, tell: boolean): Promise<void> {
    if (over) return closing
    over = true
    turns.abort(new Error(reason))
    closing = leave(tell)
    events.closed(reason)
    return closing
  }

  async function leave(tell: boolean): Promise<void> {
    // The end of a session is a courtesy: a server that does not hear of it will find out by itself.
    if (tell) await session.end(AbortSignal.timeout(farewell)).catch(() => {})
    await http.close()
  }

  return {
    start: async () => {},
    send,
    forget: (id) => turns.end(id, new Error('nobody waits for the response any more')),
    version(protocolVersion) {
      session.version = protocolVersion
    },
    ready: () => (listening ? Promise.race([hearing, delay(longestReady, undefined, { ref: false })]) : Promise.resolve()),
    get stateful() {
      return session.named
    },
    close: () => finish('closed', true),
  }
}

/** Since 2026-07-28 the response to a request may come with a status of its own. */
function responseIn(error: unknown, id: unknown): Json | undefined {
  if (!(error instanceof HttpRefused) || error.lostSession || error.status === 401 || error.status === 403) return undefined
  return error.body?.id === id ? error.body : undefined
}

function expectResponse({ status, headers, body }: HttpAnswer): void {
  const type = mediaTypeOf(headers)
  if (status === 200 && (type === 'application/json' || type === 'text/event-stream')) return
  discard(body)
  if (status === 202) throw new HttpRefused(status, 'HTTP 202: the server took the request for a notification')
  throw new HttpRefused(
    status,
    `HTTP ${status}: the answer is ${type || 'of no type'}, which is not MCP; look at the path of the url`,
  )
}
