/** What the corpus is made of: an input, the ways that it goes, and the class of answer that it must get. */
import type { Json } from '../../app/call.ts'
import type { Id } from '../../app/mcp/message.ts'
import { nothingSeen, type Seen } from './seen.ts'

/**
 * How a message gets there: Streamable HTTP with a session (`http`) and of 2026-07-28 (`modern`), both on /mcp; HTTP+SSE; WebSocket;
 * the standard streams.
 */
export const ways = ['http', 'modern', 'sse', 'ws', 'stdio'] as const
export type Way = (typeof ways)[number]

/** Where sessions are. */
export const session: readonly Way[] = ['http', 'sse', 'ws', 'stdio']
/** Where a request of 2026-07-28 is taken as it is. */
export const modernWays: readonly Way[] = ['modern', 'sse', 'ws', 'stdio']
/** Where one connection carries everything. */
export const streams: readonly Way[] = ['sse', 'ws', 'stdio']

/** Text or bytes as they are; anything else as JSON. Large ones are made when they are needed. */
export type Payload = string | Uint8Array | Json | readonly unknown[] | number | boolean | null
/** @param seen what has come so far, for what has to repeat a part of that */
export type Lazy = Payload | ((seen: Seen) => Payload)

/** Headers to send; null leaves out one that would be sent otherwise. */
export type Headers = Readonly<Record<string, string | readonly string[] | null>>

/** The class of an answer. How it is judged stands in classes.ts. */
export type Expected =
  | {
      readonly kind: 'error'
      readonly codes: readonly number[]
      readonly id?: Id
      readonly status?: number
      readonly data?: Json
    }
  | { readonly kind: 'toolError'; readonly id: Id }
  | { readonly kind: 'result'; readonly id: Id; readonly holding?: Json }
  | { readonly kind: 'answer'; readonly id: Id }
  | { readonly kind: 'silence' }
  | { readonly kind: 'status'; readonly codes: readonly number[] }
  | { readonly kind: 'closed'; readonly codes: readonly number[] }
  | { readonly kind: 'all'; readonly of: readonly Expected[] }
  | { readonly kind: 'either'; readonly of: readonly Expected[] }

interface Named {
  /** A promise: what the server does with it. */
  readonly name: string
  readonly expect: Expected
  /** Lines with the level error that it may leave in the log of the server. */
  readonly logs?: number
}

/** Messages of a client, over each of some ways. */
export interface Spoken extends Named {
  readonly over: readonly Way[]
  /** One message, or several of which each is sent when the server has taken the one before. */
  readonly send?: Lazy
  readonly steps?: readonly Lazy[]
  /** Before a handshake; over HTTP this means without a session. */
  readonly fresh?: true
  /** The revision that the session speaks, where it matters. */
  readonly version?: string
  /** Over HTTP, beside or in place of what the way sends itself. */
  readonly headers?: Headers
  /** The expected class where a way differs. */
  readonly but?: Partial<Record<Way, Expected>>
  /** Sent as it is, also where the way would add what 2026-07-28 asks for. */
  readonly exact?: true
  /** No notification may come either. */
  readonly quiet?: true
}

/** One HTTP request. */
export interface Asked extends Named {
  readonly ask: {
    readonly method?: string
    /** Default `/mcp`. `{sse}` stands for the id of an open SSE session, `{http}` for that of one on /mcp. */
    readonly path?: string
    readonly headers?: Headers
    readonly body?: Lazy
  }
}

/** Bytes on a connection to the port; `leave` breaks off where an answer cannot be expected. */
export interface Wired extends Named {
  readonly bytes: Lazy
  readonly leave?: true
}

/** WebSocket frames on a connection that was upgraded. */
export interface Framed extends Named {
  readonly frames: readonly Uint8Array[] | (() => readonly Uint8Array[])
}

export type Entry = Spoken | Asked | Wired | Framed

export interface Subject {
  readonly name: string
  readonly entries: readonly Entry[]
}

/** How an entry goes: its ways, or the one that it has for itself. */
export type Course = Way | 'request' | 'bytes' | 'frames'

export function coursesOf(entry: Entry): readonly Course[] {
  if ('over' in entry) return entry.over
  if ('ask' in entry) return ['request']
  return 'bytes' in entry ? ['bytes'] : ['frames']
}

export const payloadsOf = ({ send, steps }: Spoken): readonly Lazy[] => steps ?? [send as Lazy]

export const madeOf = (payload: Lazy, seen: Seen): Payload => (typeof payload === 'function' ? payload(seen) : payload)

/** The bytes of a payload. */
export function bytesOf(payload: Lazy, seen = nothingSeen()): Buffer {
  const made = madeOf(payload, seen)
  if (made instanceof Uint8Array) return Buffer.from(made)
  return Buffer.from(typeof made === 'string' ? made : JSON.stringify(made))
}
