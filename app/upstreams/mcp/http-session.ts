/** What a server over HTTP gave us in the handshake, repeated on every later request; and the event streams that are opened with it. */
import type { Json } from '../../call.ts'
import { discard, mediaTypeOf } from '../http/body.ts'
import type { HttpAnswer, HttpClient } from '../http/client.ts'
import { HttpRefused } from '../http/errors.ts'
import { type HeaderMap, lowerCase } from '../http/headers.ts'
import { isRequest } from './messages.ts'

/** How long (ms) the head of an answer may take that has nothing to wait for; a request waits as long as its signal lets it. */
const patience = 30_000

export class HttpSession {
  version: string | undefined
  private id: string | undefined
  private readonly http: HttpClient

  constructor(http: HttpClient) {
    this.http = http
  }

  /** Whether the server gave us a name. */
  get named(): boolean {
    return this.id !== undefined
  }

  /** Whether there is something by which the server can know us again. */
  get begun(): boolean {
    return this.id !== undefined || this.version !== undefined
  }

  /**
   * The answer to a message that was taken. Where that is `initialize`, its session is ours from now on.
   * @param url where to, if not to the address of the server
   * @throws HttpRefused for a status that is no success
   */
  async post(message: Json, headers: HeaderMap, signal: AbortSignal, url?: URL): Promise<HttpAnswer> {
    const asks = isRequest(message)
    const begins = asks && message.method === 'initialize'
    if (begins) this.id = this.version = undefined
    const named = this.id !== undefined || url !== undefined
    const answer = await this.http.ask({
      method: 'POST',
      url,
      headers: { ...this.headers(), ...postHeaders, ...lowerCase(headers) },
      body: JSON.stringify(message),
      signal,
      patience: asks ? 0 : patience,
    })
    if (answer.status >= 300) throw await this.http.refusal(answer, named)
    if (begins) this.id = sessionIdIn(answer)
    return answer
  }

  /** An event stream by GET. Throws HttpRefused where there is none. */
  async stream(headers: HeaderMap, signal: AbortSignal): Promise<HttpAnswer> {
    const named = this.id !== undefined
    const answer = await this.http.ask({
      method: 'GET',
      headers: { ...this.headers(), accept: 'text/event-stream', ...headers },
      signal,
      patience: 0,
    })
    if (answer.status >= 300) throw await this.http.refusal(answer, named)
    if (answer.status === 200 && mediaTypeOf(answer.headers) === 'text/event-stream') return answer
    discard(answer.body)
    throw new HttpRefused(
      answer.status,
      `HTTP ${answer.status}: the server did not open an event stream; look at the path of its url`,
    )
  }

  /** Tells the server that the session is over, where there is one. Whatever it says to that is not looked at. */
  async end(signal: AbortSignal): Promise<void> {
    if (this.id === undefined) return
    const answer = await this.http.ask({ method: 'DELETE', headers: this.headers(), signal, patience })
    discard(answer.body)
  }

  private headers(): Record<string, string> {
    return {
      ...(this.id === undefined ? {} : { 'mcp-session-id': this.id }),
      ...(this.version === undefined ? {} : { 'mcp-protocol-version': this.version }),
    }
  }
}

const postHeaders = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }

function sessionIdIn(answer: HttpAnswer): string | undefined {
  const id = answer.headers['mcp-session-id']
  if (id === undefined) return undefined
  if (typeof id === 'string' && /^[\x21-\x7e]+$/.test(id)) return id
  discard(answer.body)
  throw new Error('the server gave a session id that is not made of visible ASCII characters')
}
