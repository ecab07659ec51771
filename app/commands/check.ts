/** Looks at what a command file exports, and says in sentences what is wrong or missing, before anybody can call it. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { checkPrompt } from './check-prompt.ts'
import { checkResource } from './check-resource.ts'
import { checkTool } from './check-tool.ts'
import { Gap, kindOf, type Problem } from './problems.ts'
import type { ReadRun } from './run-params.ts'

export interface Inspection {
  /** Why it cannot be used at all. */
  readonly wrong: readonly string[]
  /** What is missing in it, or does not fit. */
  readonly gaps: readonly string[]
}

/** @param readRun finds out which parameters the code of `run` takes; without it that is not looked at */
export function inspect(value: unknown, readRun?: ReadRun): Inspection {
  const found = isObject(value)
    ? [...problemsOf(value, readRun)]
    : [`a command is an object with name, description and run, got ${kindOf(value)}`]
  return {
    wrong: found.filter((problem) => typeof problem === 'string'),
    gaps: found.filter((problem) => problem instanceof Gap).map(({ text }) => text),
  }
}

function problemsOf(value: Json, readRun: ReadRun | undefined): Iterable<Problem> {
  const { kind = 'tool' } = value
  if (kind === 'tool') return checkTool(value, readRun)
  if (kind === 'resource') return checkResource(value)
  if (kind === 'prompt') return checkPrompt(value)
  return [`kind must be tool, resource or prompt, got ${JSON.stringify(kind)}`]
}
