/** What is wrong with a tool that a command file exports. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { checkParams, propertiesOf } from './check-params.ts'
import { misfit } from './fit.ts'
import { common, Gap, isText, kindOf, optionalFlag, optionalObject, type Problem, unknown } from './problems.ts'
import type { ReadRun } from './run-params.ts'
import { inputSchemaOf } from './tool-schema.ts'

/** A misspelt `scope` would open a command to everybody: what we do not know is refused. */
const members = new Set([
  'name',
  'description',
  'title',
  'params',
  'input',
  'returns',
  'examples',
  'scope',
  'timeout',
  'readOnly',
  'run',
  'summary',
  'kind',
  'annotations',
  'icons',
  'task',
  'use_queue',
])
const exampleMembers = new Set(['description', 'params', 'result'])

export function* checkTool(value: Json, readRun: ReadRun | undefined): Generator<Problem> {
  const { returns, readOnly, run, summary, annotations, task, use_queue } = value
  yield* common(value, 'say what the command does and what comes back')
  if (typeof run !== 'function') yield `run must be a function, got ${kindOf(run)}`
  if (summary !== undefined && typeof summary !== 'function') yield `summary must be a function, got ${kindOf(summary)}`
  if (returns === undefined) yield new Gap('returns is missing: say what comes back, in words or as a JSON Schema')
  else if (!isText(returns) && !isObject(returns)) yield 'returns must be a text or a JSON Schema'
  yield* optionalFlag('readOnly', readOnly)
  yield* optionalFlag('use_queue', use_queue)
  yield* optionalObject('annotations', annotations)
  if (task !== undefined && task !== 'optional' && task !== 'required' && task !== 'later')
    yield `task must be optional, required or later, got ${JSON.stringify(task)}`
  yield* unknown(value, members, 'the command')
  const wrong = [...checkParams(value)]
  yield* wrong
  // What follows compares with the parameters, so they must be readable.
  if (wrong.some((problem) => typeof problem === 'string')) return
  yield* checkExamples(value)
  if (typeof run === 'function' && readRun) yield* compareWithRun(value, readRun(run as () => unknown))
}

function* checkExamples(value: Json): Generator<Problem> {
  const { examples } = value
  if (examples === undefined) return
  if (!Array.isArray(examples)) {
    yield `examples must be a list of objects with params, got ${kindOf(examples)}`
    return
  }
  for (const [index, example] of examples.entries()) {
    const where = `example ${index + 1}`
    if (!isObject(example) || !isObject(example.params)) {
      yield `${where} must be an object with params: parameters by name`
      continue
    }
    yield* unknown(example, exampleMembers, where)
    if (example.description !== undefined && !isText(example.description)) yield `${where}: description must be a text`
    const problem = misfit(inputSchemaOf(value), example.params)
    if (problem) yield new Gap(`${where}: ${problem}`)
  }
}

/** The code and its documentation must speak of the same parameters. */
function* compareWithRun(value: Json, taken: ReturnType<ReadRun>): Generator<Gap> {
  if (!taken) return
  const documented = Object.keys(propertiesOf(value))
  const open =
    isObject(value.input) && value.input.additionalProperties !== undefined && value.input.additionalProperties !== false
  if (!open)
    for (const { name } of taken.params)
      if (!documented.includes(name)) yield new Gap(`run takes '${name}', which is not among the parameters`)
  if (taken.rest) return
  const names = taken.params.map(({ name }) => name)
  for (const name of documented)
    if (!names.includes(name)) yield new Gap(`parameter '${name}' is documented, but run does not take it`)
}
