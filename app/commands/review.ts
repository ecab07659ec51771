/** Decides whether what a command file exports is registered: strictly, leniently, or after it was completed. */
import type { Json } from '../call.ts'
import { inspect } from './check.ts'
import type { Definition } from './command.ts'
import { complete } from './complete.ts'
import type { ReadRun } from './run-params.ts'

/** As in the settings `commands.strict` and `commands.auto_fix`. */
export interface Strictness {
  readonly strict: boolean
  readonly autoFix: boolean
}

export interface Review {
  /** Undefined where it is not registered. */
  readonly definition?: Definition
  /** Why it is not. */
  readonly problems: readonly string[]
  /** What is missing though it is. */
  readonly warnings: readonly string[]
  /** What was completed. */
  readonly fixed: readonly string[]
}

export function review(exported: unknown, { strict, autoFix }: Strictness, readRun?: ReadRun): Review {
  let { wrong, gaps } = inspect(exported, readRun)
  let value = exported as Json
  let fixed: readonly string[] = []
  if (autoFix && wrong.length === 0 && gaps.length > 0) {
    ;({ value, fixed } = complete(value, readRun))
    ;({ wrong, gaps } = inspect(value, readRun))
  }
  const problems = wrong.length > 0 || strict ? [...wrong, ...gaps] : []
  if (problems.length > 0) return { problems, warnings: [], fixed: [] }
  return { definition: value as unknown as Definition, problems, warnings: gaps, fixed }
}
