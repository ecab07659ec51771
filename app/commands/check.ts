/** Looks at what a command file exports, and says in sentences what is missing, before anybody can call it. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { checkPrompt } from './check-prompt.ts'
import { checkResource } from './check-resource.ts'
import type { Definition, Param } from './command.ts'
import { common, isText, kindOf, optionalObject, unknown } from './problems.ts'

const types: readonly Param['type'][] = ['string', 'integer', 'number', 'boolean', 'array', 'object']
/** A misspelt `scope` would open a command to everybody: what we do not know is refused. */
const members = new Set([
  'name',
  'description',
  'title',
  'params',
  'input',
  'returns',
  'scope',
  'timeout',
  'readOnly',
  'run',
  'summary',
  'kind',
  'annotations',
  'icons',
  'task',
])
const paramMembers = new Set(['type', 'description', 'required', 'default', 'enum', 'items'])

/** Whether it is a definition; if not, `problems` says all that is wrong with it. */
export function checkDefinition(value: unknown): { definition: Definition } | { problems: string[] } {
  if (!isObject(value)) return { problems: [`a command is an object with name, description and run, got ${kindOf(value)}`] }
  const problems = [...problemsOf(value)]
  return problems.length ? { problems } : { definition: value as unknown as Definition }
}

function problemsOf(value: Json): Iterable<string> {
  const { kind = 'tool' } = value
  if (kind === 'tool') return checkTool(value)
  if (kind === 'resource') return checkResource(value)
  if (kind === 'prompt') return checkPrompt(value)
  return [`kind must be tool, resource or prompt, got ${JSON.stringify(kind)}`]
}

function* checkTool(value: Json): Generator<string> {
  const { returns, readOnly, run, summary, annotations, task } = value
  yield* common(value, 'say what the command does and what comes back')
  if (typeof run !== 'function') yield `run must be a function, got ${kindOf(run)}`
  if (summary !== undefined && typeof summary !== 'function') yield `summary must be a function, got ${kindOf(summary)}`
  if (returns !== undefined && !isText(returns) && !isObject(returns)) yield 'returns must be a text or a JSON Schema'
  if (readOnly !== undefined && typeof readOnly !== 'boolean') yield 'readOnly must be true or false'
  yield* optionalObject('annotations', annotations)
  if (task !== undefined && task !== 'optional' && task !== 'required' && task !== 'later')
    yield `task must be optional, required or later, got ${JSON.stringify(task)}`
  yield* parameters(value)
  yield* unknown(value, members, 'the command')
}

function* parameters({ params, input }: Json): Generator<string> {
  if (params !== undefined && input !== undefined) yield 'params and input exclude each other: keep one'
  if (input !== undefined && !(isObject(input) && input.type === 'object')) yield 'input must be a JSON Schema with type "object"'
  if (params === undefined) return
  if (!isObject(params)) {
    yield `params must be an object: parameters by name, got ${kindOf(params)}`
    return
  }
  for (const [name, param] of Object.entries(params)) yield* parameter(name, param)
}

function* parameter(name: string, param: unknown): Generator<string> {
  if (!isObject(param)) {
    yield `parameter ${name} must be an object with type and description`
    return
  }
  if (!types.includes(param.type as Param['type'])) yield `parameter ${name}: type must be one of ${types.join(', ')}`
  if (!isText(param.description)) yield `parameter ${name} has no description`
  if (param.required !== undefined && typeof param.required !== 'boolean')
    yield `parameter ${name}: required must be true or false`
  if (param.enum !== undefined && !(Array.isArray(param.enum) && param.enum.length))
    yield `parameter ${name}: enum must be a list of values`
  yield* unknown(param, paramMembers, `parameter ${name}`)
}
