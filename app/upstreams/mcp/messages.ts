/** From the text that a server sent to the messages in it, handed over one by one. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { shortened } from '../../redact.ts'
import type { WireEvents } from './wire.ts'

export interface Handover {
  readonly events: WireEvents
  /** The id of the request on whose response the text came. */
  readonly from?: string
  /** Asked before each message: whoever heard the last one may have ended it all. */
  wanted(): boolean
  /** Hears each message before the events do. */
  seen?(message: Json): void
}

/** What is shown of a text that is no message, in characters. */
const shown = 200

/**
 * Hands over a message, or each one of a batch (2025-03-26). What is none is told as an error; so is a handler that throws, because
 * the next message is not to blame.
 */
export function handOver(text: string, { events, from, wanted, seen }: Handover): void {
  const value = parse(text)
  for (const message of Array.isArray(value) ? value : [value]) {
    if (!wanted()) return
    if (!isObject(message)) {
      events.error(new Error(`the server sent what is no message: ${shortened(text, shown)}`))
      continue
    }
    seen?.(message)
    handOverOne(message, from, events)
  }
}

/** A handler that throws is told as an error. */
export function handOverOne(message: Json, from: string | undefined, events: WireEvents): void {
  try {
    events.message(message, from)
  } catch (error) {
    events.error(asError(error))
  }
}

function parse(text: string): unknown {
  try {
    // Some servers put a byte order mark in front, which is no JSON.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

/** Whether it wants a response. */
export const isRequest = (message: Json): boolean => 'method' in message && message.id !== undefined

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
