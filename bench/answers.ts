/** Brings the answers that come on one stream to whoever asked. */

export interface Answers {
  /** Settles with the whole message that answers this request. */
  to(id: number): Promise<string>
  /** Takes one message off the stream; what nobody waits for is passed over. */
  take(message: string): void
}

export function createAnswers(): Answers {
  const waiting = new Map<number, (message: string) => void>()
  return {
    to: (id) => new Promise((resolve) => waiting.set(id, resolve)),
    take(message) {
      const id = Number(/"id":(\d+)/.exec(message)?.[1])
      waiting.get(id)?.(message)
      waiting.delete(id)
    },
  }
}
