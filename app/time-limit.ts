/** Ends synchronous work in the middle: nothing else runs meanwhile, and how long it takes is for the input of other people to say. */
import { type Context, createContext, Script } from 'node:vm'
import { Failure } from './errors.ts'

let context: Context | undefined
const script = new Script('work()')

/**
 * Costs some 50 us for the thread that watches, so it is for work that may be long. What the work holds may be half done when it is ended.
 * @param limit milliseconds
 * @param tooLong what is thrown as Failure `too_large`
 */
export function withinTime<T>(limit: number, tooLong: string, work: () => T): T {
  context ??= createContext({})
  context.work = work
  try {
    return script.runInContext(context, { timeout: limit }) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new Failure('too_large', tooLong)
    throw error
  } finally {
    context.work = undefined // it may hold much of what somebody sent
  }
}
