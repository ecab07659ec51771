/** What can go wrong with an MCP server over HTTP, told apart, and said so that a person knows what to change. */
import { STATUS_CODES } from 'node:http'
import type { Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'

/** No connection could be made: nothing of the message got there. The cause says why. */
export class Unreachable extends Error {
  constructor(cause: Error) {
    super('the server cannot be reached', { cause })
  }
}

/** The server answered with an HTTP status that is a refusal. */
export class HttpRefused extends Error {
  readonly status: number
  /** The JSON-RPC error response that came with it, where one did. */
  readonly body?: Json
  /** The request named a session that the server does not know (any more): nothing of it was done. */
  readonly lostSession: boolean

  constructor(status: number, message: string, { body, lostSession = false }: { body?: Json; lostSession?: boolean } = {}) {
    super(message)
    this.status = status
    if (body) this.body = body
    this.lostSession = lostSession
  }
}

/** Whether the server said that it does not know our session (any more): then nothing of the request was done. */
export const isLostSession = (error: unknown): boolean => error instanceof HttpRefused && error.lostSession

/** Whether the message did not even get to a server over HTTP. */
export const isUnreachable = (error: unknown): boolean => error instanceof Unreachable

/** Whether the same request may well succeed a little later: the network, or a server that is busy or is being replaced. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof Failure) &&
  (!(error instanceof HttpRefused) || error.status >= 500 || [408, 409, 425, 429].includes(error.status))

export interface Refusal {
  readonly status: number
  /** The body, or what was read of it. */
  readonly text: string
  /** Whether the request named a session. */
  readonly session: boolean
  /** Names of configured headers that look like credentials. */
  readonly credentials: readonly string[]
  /** Whether it carried what a sign-in gave us. */
  readonly signedIn?: boolean
  /** Takes out of a text what the server may have repeated of our credentials. */
  hide(text: string): string
}

/** The longest text of a server that is repeated, in characters. */
const shown = 300

export function refused({ status, text, session, credentials, signedIn = false, hide }: Refusal): HttpRefused {
  const body = errorResponseIn(text)
  const said = body?.error.message
  const words = typeof said === 'string' && said !== '' ? hide(said).slice(0, shown) : STATUS_CODES[status]
  const sentences = [words ? `HTTP ${status}: ${words}` : `HTTP ${status}`, advice(status, { session, credentials, signedIn })]
  return new HttpRefused(status, sentences.filter(Boolean).join('; '), {
    body,
    lostSession: session && meansLostSession(status, body),
  })
}

/** A JSON-RPC error response, if the text is one. */
function errorResponseIn(text: string): (Json & { error: Json }) | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && isObject(value.error) ? (value as Json & { error: Json }) : undefined
  } catch {
    return undefined
  }
}

/**
 * 404 says it (an unknown method is 404 too since 2026-07-28, and has a code of its own). Servers written after an early example of the
 * SDK say 400 instead, with an error about the session that answers no request in particular.
 */
function meansLostSession(status: number, body: (Json & { error: Json }) | undefined): boolean {
  if (status === 404) return body?.error.code !== -32601
  return status === 400 && body !== undefined && (body.id ?? null) === null && /session/i.test(String(body.error.message))
}

function advice(
  status: number,
  { session, credentials, signedIn }: { session: boolean; credentials: readonly string[]; signedIn: boolean },
): string {
  if (status === 401 && signedIn) return 'the server does not accept the token that the sign-in gave'
  if (status === 403 && signedIn) return 'whoever is signed in there is not allowed to do this'
  const configured = `what is configured in its headers (${credentials.join(', ')})`
  if (status === 401) {
    if (credentials.length > 0) return `the server does not accept ${configured}`
    return 'the server wants a credential: configure it in its headers, for example Authorization: Bearer ...'
  }
  if (status === 403 && credentials.length > 0) return `${configured} is not allowed to do this`
  if (status === 403) return 'it may want a credential: configure it in its headers, for example Authorization: Bearer ...'
  if (status === 404 && !session) return 'look at the path of its url'
  if (status === 405) return 'the url may be that of the older transport, which is type: sse'
  return ''
}
