/** A place that a base sees too, with two folders: a request is a file in `in`, its answer a file of the same name in `out`. Types only. */
export interface Exchange {
  /** Where it is, for people. */
  readonly place: string
  /** Throws where the place cannot be used. */
  ready(): Promise<void>
  /** A request, whole from the first moment that it can be seen. */
  put(file: string, text: string): Promise<void>
  /** The answer as it is now, which may be half of it; undefined where there is none. Throws TooLarge. */
  take(file: string): Promise<string | undefined>
  /** Takes away what there is of both. Never throws. */
  remove(file: string): Promise<void>
  /** Takes away an answer that came late. @returns whether there was one */
  removeAnswer(file: string): Promise<boolean>
  close(): void
}

/** Largest answer, in bytes. */
export const mostBytes = 16 * 2 ** 20

export class TooLarge extends Error {
  constructor(size: number) {
    super(`the answer has ${size} bytes, more than ${mostBytes}`)
  }
}
