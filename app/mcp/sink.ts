/** Where the answers of a conversation go. */

/** Takes the text of one message to the client. What belongs to a request goes to the sink that came with it. */
export interface Sink {
  write(text: string): void
  /** One request that came with this sink gets no answer any more: the client took it back. */
  cancelled?(): void
}
