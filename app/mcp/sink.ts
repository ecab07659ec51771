/** Where what a conversation says goes. */

/** Takes the text of messages to the client. What belongs to a request goes to the sink that came with it. */
export interface Sink {
  /** The answer to a request that came with this sink. */
  write(text: string): void
  /** Anything else: a notification, or a question of ours. */
  tell(text: string): void
  /** One request that came with this sink gets no answer any more: the client took it back. */
  cancelled?(): void
  /** False where nothing but answers can be said: the client of a POST may not take event streams. */
  readonly streams?: boolean
  /** False while the client is not there; what is told then waits for it. */
  readonly attached?: boolean
  /** Lets go of the client's connection; it comes back for the rest. */
  detach?(): void
  /** Something that is of no use later: it is not kept for a client that comes back. Only where nothing else tells whether the client is there. */
  probe?(text: string): void
  /** The client is not there any more, and its connection does not say so. */
  abandon?(reason: string): void
}
