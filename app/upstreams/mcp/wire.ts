/** What carries messages to and from an MCP server, whatever it runs over. Types only. */
import type { Json } from '../../call.ts'

/** Hears what comes off the wire. All of it is called synchronously: while it runs nothing more is read. */
export interface WireEvents {
  /** @param from the id (as text) of the request on whose response it came, where the transport can tell */
  message(message: Json, from: string | undefined): void
  /** A request (its id as text) that the server has taken will not be answered any more: its stream is gone for good. */
  failed(from: string, error: Error): void
  /** Something went wrong that the wire goes on after. */
  error(error: Error): void
  /** Over, whoever ended it; called once. What was not answered until now never will be, and is not told one by one. */
  closed(reason: string): void
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Ends this request's exchange: the connection of the POST is closed (2026-07-28: that is the cancellation). */
  readonly signal?: AbortSignal
}

export interface Wire {
  /** @param signal bounds the handshake of the transport, where it has one; afterwards it means nothing any more */
  start(signal?: AbortSignal): Promise<void>
  /**
   * Settles when the message has been taken by the other side (for a request over HTTP: when its response headers are there).
   * Throws when it could not be delivered.
   */
  send(message: Json, options?: SendOptions): Promise<void>
  /** Whether the server may keep something for this connection that it would not keep for another; known after the handshake. */
  readonly stateful: boolean
  /**
   * Settles when what the server says by itself is heard: over HTTP that takes a stream of its own, and what is said before it is open may
   * be lost.
   */
  ready(): Promise<void>
  /** Nobody waits for the response to this request of ours any more (its id as text), and the server has been told so. */
  forget(id: string): void
  /** What every later request carries, once the handshake has settled it. */
  version(protocolVersion: string): void
  close(): Promise<void>
}
