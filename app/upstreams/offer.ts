/** What an upstream's lists become in our catalogue: its names with a prefix, its definitions as they are but for what would break clients. */
import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from '@modelcontextprotocol/sdk/types.js'
import type { Call, Command, Json, Result, Scope, Watcher } from '../call.ts'
import type { ListName } from '../catalog.ts'
import { isObject } from '../is-object.ts'
import { declarationsOf, paramHeaders } from '../mcp/param-headers.ts'
import { sha256 } from '../sha256.ts'
import type { Forward } from './mcp/bridge.ts'

export type Lists = Record<ListName, readonly Json[]>

export interface OfferOptions {
  readonly owner: string
  readonly prefix: string
  /** Milliseconds that one call may take. */
  readonly timeout: number
  readonly forward: Forward
  /** Whether arguments go into headers too, where a tool says so (2026-07-28 over HTTP). */
  readonly headers: boolean
  /** Whether it proposes values for arguments. */
  readonly completes: boolean
  /** How it has tasks, if it has them: its clients decide (2025-11-25), or it does itself (2026-07-28). */
  readonly tasks: 'session' | 'modern' | undefined
  watch(uri: string, watcher: Watcher): Promise<() => void>
}

const none: ReturnType<typeof declarationsOf> = { declarations: [] }

/** Where an entry of ours keeps the name that its owner gave it. */
export const originalName = 'switchyard/name'

/** Entries that are of no use are left out; how many is told with the commands. */
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
  const given = { ...withoutNulls(tool), inputSchema: objectSchema(tool.inputSchema) }
  const definition = acceptableTool(renamed(given, name, options.prefix))
  if (!definition) return undefined
  // Clients of 2026-07-28 must leave out a tool whose declarations are wrong; others never look at them.
  const { declarations, fault } = options.headers ? declarationsOf(definition.inputSchema) : none
  if (fault) return undefined
  const { execution } = definition
  const support = isObject(execution) ? execution.taskSupport : undefined
  const only = support === 'required'
  const asTask = only && options.tasks === 'session' ? { task: {} } : {}
  // We wait for its tasks ourselves, so that every client can call it.
  const shown = only ? { ...definition, execution: { ...(execution as Json), taskSupport: 'optional' } } : definition
  const command = build('tool', definition.name as string, 'call', shown, options, (call) => {
    const headers = declarations.length ? paramHeaders(declarations, call.arguments) : undefined
    return options.forward('tools/call', { name, arguments: call.arguments, ...asTask }, call, headers).then(withContent)
  })
  return { ...command, task: options.tasks === 'modern' ? 'later' : only || support === 'optional' ? 'optional' : undefined }
}

function promptCommand(prompt: Json, options: OfferOptions): Command | undefined {
  const { name } = prompt
  if (typeof name !== 'string' || name === '') return undefined
  const definition = acceptable(PromptSchema, renamed(withoutNulls(prompt), name, options.prefix))
  if (!definition) return undefined
  const command = build('prompt', definition.name as string, 'read', definition, options, (call) =>
    options.forward('prompts/get', { name, arguments: call.arguments }, call),
  )
  return { ...command, completion: completion({ type: 'ref/prompt', name }, command, options) }
}

/** URIs stay as they are: links inside results point at them. */
function resourceCommand(resource: Json, member: 'uri' | 'uriTemplate', options: OfferOptions): Command | undefined {
  const uri = resource[member]
  if (typeof uri !== 'string' || uri === '') return undefined
  const given = withoutNulls(resource)
  if (typeof given.name !== 'string' || given.name === '') given.name = uri
  const definition = acceptable(member === 'uri' ? ResourceSchema : ResourceTemplateSchema, given)
  if (!definition) return undefined
  const command = build('resource', uri, 'read', definition, options, (call) =>
    options.forward('resources/read', { uri: call.arguments.uri }, call),
  )
  return { ...command, completion: completion({ type: 'ref/resource', uri }, command, options), watch: options.watch }
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

function completion(ref: Json, { name }: Command, options: OfferOptions): Command | undefined {
  if (!options.completes) return undefined
  return build('completion', name, 'read', {}, options, (call) =>
    options.forward('completion/complete', { ref, ...call.arguments }, call),
  )
}

/** Some servers leave the content out, which clients refuse. */
const withContent = (result: Result): Result => (Array.isArray(result.content) ? result : { ...result, content: [] })

function renamed(definition: Json, name: string, prefix: string): Json {
  const shown = clientName(prefix + name)
  if (shown === name) return definition
  return { ...definition, name: shown, _meta: { ...(definition._meta as Json | undefined), [originalName]: name } }
}

/**
 * A name that every model API takes (`^[A-Za-z0-9_-]{1,64}$`): separators become `_`. Where that is not enough, letters are lost, of a name
 * in Cyrillic all of them; a hash of the whole keeps such names apart.
 */
export function clientName(name: string): string {
  const plain = name.replace(/[ ./:]/g, '_')
  if (/^[A-Za-z0-9_-]{1,64}$/.test(plain)) return plain
  const hash = sha256(name).slice(0, 8)
  return `${plain.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 55)}_${hash}`
}

/** Null is no value in a definition (`description: null`), and one of them makes clients refuse the whole list. */
const withoutNulls = (entry: Json): Json => Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null))

/**
 * One entry that is not of the shape that MCP asks for makes clients refuse the whole list, with everything of everybody in it. So what
 * is wrong with an entry is left out, or the entry itself where nothing usable remains.
 */
function acceptable(shape: { safeParse(value: unknown): Parsed }, definition: Json): Json | undefined {
  const { error } = shape.safeParse(definition)
  if (!error) return definition
  const wrong = new Set(error.issues.map(({ path }) => path[0]))
  const mended = Object.fromEntries(Object.entries(definition).filter(([name]) => !wrong.has(name)))
  if (wrong.has('inputSchema')) mended.inputSchema = { type: 'object' }
  return shape.safeParse(mended).error ? undefined : mended
}

/** What a result looks like may be of any type since 2026-07-28; clients of before are not shown what is no object. */
function acceptableTool(definition: Json): Json | undefined {
  const { outputSchema, ...rest } = definition
  if (!isObject(outputSchema) || outputSchema.type === 'object') return acceptable(ToolSchema, definition)
  const accepted = acceptable(ToolSchema, rest)
  return accepted && { ...accepted, outputSchema }
}

interface Parsed {
  readonly error?: { readonly issues: readonly { readonly path: readonly PropertyKey[] }[] }
}

const isObjectSchema = (schema: unknown): boolean =>
  typeof schema === 'object' && schema !== null && (schema as Json).type === 'object'

/** Clients want `type: object`; everything else of the schema stays as the upstream wrote it. */
function objectSchema(schema: unknown): Json {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return { type: 'object', properties: {} }
  if (isObjectSchema(schema)) return schema as Json
  const given = schema as Json
  return Object.keys(given).length === 0 ? { type: 'object', properties: {} } : { ...given, type: 'object' }
}
