/** What an upstream's lists become in our catalogue: its names with a prefix, its definitions as they are but for what would break clients. */
import { createHash } from 'node:crypto'
import type { Call, Command, Json, Result, Scope } from '../call.ts'
import type { ListName } from '../catalog.ts'

export type Lists = Record<ListName, readonly Json[]>

/** Asks the upstream on behalf of a call. */
export type Forward = (method: string, params: Json, call: Call) => Promise<Result>

export interface OfferOptions {
  readonly owner: string
  readonly prefix: string
  /** Milliseconds that one call may take. */
  readonly timeout: number
  readonly forward: Forward
}

/** Where an entry of ours keeps the name that its owner gave it. */
export const originalName = 'switchyard/name'

/** Entries without a usable name are left out; how many is told with the commands. */
export function toCommands(lists: Lists, options: OfferOptions): { commands: Command[]; dropped: number } {
  const made = [
    ...lists.tools.map((tool) => toolCommand(tool, options)),
    ...lists.resources.map((resource) => resourceCommand(resource, 'uri', options)),
    ...lists.templates.map((template) => resourceCommand(template, 'uriTemplate', options)),
    ...lists.prompts.map((prompt) => promptCommand(prompt, options)),
  ]
  const commands = made.filter((command) => command !== undefined)
  return { commands, dropped: made.length - commands.length }
}

function toolCommand(tool: Json, options: OfferOptions): Command | undefined {
  const { name } = tool
  if (typeof name !== 'string' || name === '') return undefined
  const definition = renamed(withoutNulls(tool), name, options.prefix)
  definition.inputSchema = objectSchema(tool.inputSchema)
  if (definition.outputSchema !== undefined && !isObjectSchema(definition.outputSchema)) delete definition.outputSchema
  return build('tool', definition.name as string, 'call', definition, options, (call) =>
    options.forward('tools/call', { name, arguments: call.arguments, ...metaOf(call) }, call).then(withContent),
  )
}

function promptCommand(prompt: Json, options: OfferOptions): Command | undefined {
  const { name } = prompt
  if (typeof name !== 'string' || name === '') return undefined
  const definition = renamed(withoutNulls(prompt), name, options.prefix)
  return build('prompt', definition.name as string, 'read', definition, options, (call) =>
    options.forward('prompts/get', { name, arguments: call.arguments, ...metaOf(call) }, call),
  )
}

/** URIs stay as they are: links inside results point at them. */
function resourceCommand(resource: Json, member: 'uri' | 'uriTemplate', options: OfferOptions): Command | undefined {
  const uri = resource[member]
  if (typeof uri !== 'string' || uri === '') return undefined
  const definition = withoutNulls(resource)
  if (typeof definition.name !== 'string' || definition.name === '') definition.name = uri
  return build('resource', uri, 'read', definition, options, (call) =>
    options.forward('resources/read', { uri: call.arguments.uri, ...metaOf(call) }, call),
  )
}

function build(
  kind: Command['kind'],
  name: string,
  scope: Scope,
  definition: Json,
  { owner, timeout }: OfferOptions,
  run: (call: Call) => Promise<Result>,
): Command {
  return { kind, name, owner, scope, definition, timeout, run }
}

const metaOf = ({ meta }: Call): Json => (meta ? { _meta: meta } : {})

/** Some servers leave the content out, which clients refuse. */
const withContent = (result: Result): Result => (Array.isArray(result.content) ? result : { ...result, content: [] })

function renamed(definition: Json, name: string, prefix: string): Json {
  const shown = clientName(prefix + name)
  if (shown === name) return definition
  return { ...definition, name: shown, _meta: { ...(definition._meta as Json | undefined), [originalName]: name } }
}

/** A name that every model API takes (`^[A-Za-z0-9_-]{1,64}$`); what had to be changed or cut stays distinct by a hash of the whole. */
export function clientName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_')
  if (plain.length <= 64) return plain
  return `${plain.slice(0, 55)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

/** Null is no value in a definition (`description: null`), and one of them makes clients refuse the whole list. */
const withoutNulls = (entry: Json): Json => Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null))

const isObjectSchema = (schema: unknown): boolean =>
  typeof schema === 'object' && schema !== null && (schema as Json).type === 'object'

/** Clients want `type: object`; everything else of the schema stays as the upstream wrote it. */
function objectSchema(schema: unknown): Json {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return { type: 'object', properties: {} }
  if (isObjectSchema(schema)) return schema as Json
  const given = schema as Json
  return Object.keys(given).length === 0 ? { type: 'object', properties: {} } : { ...given, type: 'object' }
}
