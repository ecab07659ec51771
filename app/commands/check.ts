/** Looks at what a command file exports, and says in sentences what is missing, before anybody can call it. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Definition, Param } from './command.ts'

const namePattern = /^[A-Za-z0-9_-]{1,64}$/
const scopes = ['read', 'call', 'admin']
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
])
const paramMembers = new Set(['type', 'description', 'required', 'default', 'enum', 'items'])

/** Whether it is a definition; if not, `problems` says all that is wrong with it. */
export function checkDefinition(value: unknown): { definition: Definition } | { problems: string[] } {
  if (!isObject(value)) return { problems: [`a command is an object with name, description and run, got ${kindOf(value)}`] }
  const problems = [...basics(value), ...parameters(value), ...unknown(value, members, 'the command')]
  return problems.length ? { problems } : { definition: value as unknown as Definition }
}

function* basics({ name, description, title, returns, scope, timeout, readOnly, run, summary }: Json): Generator<string> {
  if (typeof name !== 'string') yield `name must be a text, got ${kindOf(name)}`
  else if (!namePattern.test(name)) yield `name must be 1 to 64 of A-Z a-z 0-9 _ -, got "${name.slice(0, 80)}"`
  if (!isText(description)) yield 'description is missing: say what the command does and what comes back'
  if (typeof run !== 'function') yield `run must be a function, got ${kindOf(run)}`
  if (summary !== undefined && typeof summary !== 'function') yield `summary must be a function, got ${kindOf(summary)}`
  if (title !== undefined && !isText(title)) yield 'title must be a text'
  if (returns !== undefined && !isText(returns) && !isObject(returns)) yield 'returns must be a text or a JSON Schema'
  if (scope !== undefined && !scopes.includes(scope as string))
    yield `scope must be one of ${scopes.join(', ')}, got ${JSON.stringify(scope)}`
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) yield 'timeout must be a number of seconds above 0'
  if (readOnly !== undefined && typeof readOnly !== 'boolean') yield 'readOnly must be true or false'
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

function* unknown(value: Json, known: ReadonlySet<string>, where: string): Generator<string> {
  for (const member of Object.keys(value)) {
    if (!known.has(member)) yield `${where} has an unknown member "${member}": known are ${[...known].join(', ')}`
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const kindOf = (value: unknown) =>
  value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
