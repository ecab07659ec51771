/** Carries one request to a base and its answer back, by whichever way the two have. Types only. */
import type { Json } from '../../call.ts'
import type { BreakerState } from '../http/breaker.ts'
import type { Who } from './who.ts'

export interface OnecWire {
  readonly transport: 'http' | 'file' | 'httppoll'
  /**
   * The answer as parsed JSON, whatever it says; undefined for one without content. Throws Failure `upstream_away` where nothing came of it,
   * `upstream_failed` for what is no answer.
   */
  send(message: Json, sending: Sending): Promise<unknown>
  /** Throws a Failure where the base is not there, or does not let us in. Cheap. */
  look(who: Who, signal: AbortSignal): Promise<void>
  close(): Promise<void>
  /** Of the service, where there is one. */
  readonly breaker?: BreakerState
}

export interface Sending {
  readonly who: Who
  /** For messages: `tools/call list_orders`. */
  readonly what: string
  /** Milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal
  /** Whether it may be sent twice. */
  readonly safe: boolean
}
