/** The commands of a service, from whichever of its lists: each has them in another shape. What is broken is left out, and said. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { withoutRefs } from './refs.ts'

export interface Definitions {
  /** As MCP has tools, under their own names. */
  readonly tools: Json[]
  readonly leftOut: string[]
}

/**
 * `{ commands: { name: { description, schema } } }`, a list of such, or of names alone; also below `data`, as the command `help` has it.
 * @returns undefined for what is no list of commands
 */
export function fromCommands(body: unknown): Definitions | undefined {
  const value = isObject(body) && isObject(body.data) && body.commands === undefined ? body.data : body
  const commands = isObject(value) && value.commands !== undefined ? value.commands : value
  if (Array.isArray(commands)) return gathered(commands.map((entry) => [nameIn(entry), typeof entry === 'string' ? {} : entry]))
  if (!isObject(value) || !isObject(value.commands)) return undefined
  return gathered(Object.entries(value.commands))
}

/** The request schemas of `CommandRequest`, one a command. @returns undefined for a document without */
export function fromOpenapi(document: unknown): Definitions | undefined {
  if (!isObject(document) || !isObject(document.components) || !isObject(document.components.schemas)) return undefined
  const { schemas } = document.components
  const request = schemas.CommandRequest
  if (!isObject(request)) return undefined
  const choices = [request.oneOf ?? request.anyOf ?? []].flat()
  const mapping = isObject(request.discriminator) && isObject(request.discriminator.mapping) ? request.discriminator.mapping : {}
  const mapped = Object.entries(mapping).map(([name, ref]) => [name, { $ref: ref }] as const)
  const unnamed = choices.map((choice) => [undefined, choice] as const)
  return gathered((mapped.length ? mapped : unnamed).map(([name, choice]) => requestOf(name, choice, document)))
}

function requestOf(given: string | undefined, choice: unknown, document: Json): [string | undefined, unknown] {
  const schema = withoutRefs(choice, document)
  if (!isObject(schema) || !isObject(schema.properties)) return [given, undefined]
  const { command, params } = schema.properties
  const said = isObject(command) ? (command.const ?? [command.enum].flat()[0]) : undefined
  const name = given ?? (typeof said === 'string' ? said : undefined)
  return [name, { description: schema.description ?? schema.title, schema: params }]
}

const nameIn = (entry: unknown): string | undefined => {
  const name = isObject(entry) ? (entry.name ?? entry.command) : entry
  return typeof name === 'string' ? name : undefined
}

function gathered(entries: readonly (readonly [string | undefined, unknown])[]): Definitions {
  const tools: Json[] = []
  const leftOut: string[] = []
  const seen = new Set<string>()
  for (const [name, entry] of entries) {
    const problem = problemOf(name, entry, seen)
    if (problem !== undefined) leftOut.push(problem)
    else tools.push(toolOf(name!, entry as Json))
    if (name !== undefined) seen.add(name)
  }
  return { tools, leftOut }
}

function problemOf(name: string | undefined, entry: unknown, seen: ReadonlySet<string>): string | undefined {
  if (name === undefined || name === '') return 'a command without a name'
  const called = `command ${name.slice(0, 200)}`
  if (seen.has(name)) return `${called}: is there twice`
  if (!isObject(entry)) return `${called}: is described by something that is no object`
  const schema = entry.schema ?? entry.params
  if (schema !== undefined && schema !== null && !isObject(schema)) return `${called}: its schema is no object`
  return undefined
}

function toolOf(name: string, entry: Json): Json {
  const about = isObject(entry.metadata) ? { ...entry.metadata, ...entry } : entry
  const inputSchema = schemaOf(about)
  const description = about.description ?? about.summary
  const queued = about['x-use-queue'] === true || about.use_queue === true
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    inputSchema: queued ? { ...inputSchema, 'x-use-queue': true } : inputSchema,
  }
}

/** A JSON Schema as it is, or one made of parameters that are described one by one. */
function schemaOf({ schema, params }: Json): Json {
  if (isObject(schema)) return schema
  if (!isObject(params)) return { type: 'object', properties: {} }
  if (params.type === 'object' && isObject(params.properties)) return params
  const described = Object.entries(params).filter(([, parameter]) => isObject(parameter)) as [string, Json][]
  const required = described.filter(([, parameter]) => parameter.required === true).map(([name]) => name)
  const properties = Object.fromEntries(described.map(([name, { required: _, ...parameter }]) => [name, parameter]))
  return { type: 'object', properties, ...(required.length ? { required } : {}) }
}
