/** How everything is refused that is too much: the sentence for people, the fields for programs. */
import { Failure } from './errors.ts'

/** What comes too often. @param window seconds @param retryAfter seconds */
export const tooMany = (what: string, limit: number, window: number, retryAfter: number): Failure =>
  new Failure('limited', `more than ${limit} ${what} in ${exactly(window)}: try again in ${roughly(retryAfter)}`, {
    data: { limit, window, retry_after: retryAfter },
  })

/**
 * What there is too much of at the same time.
 * @param sentence says what makes room
 * @param retryAfter seconds after which another try makes sense: nobody knows when there will be room
 */
export const tooManyAtOnce = (sentence: string, limit: number, retryAfter = 5): Failure =>
  new Failure('limited', sentence, { data: { limit, concurrent: true, retry_after: retryAfter } })

const exactly = (seconds: number) => (seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} s`)
const roughly = (seconds: number) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} minutes`)
