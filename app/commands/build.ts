/** Makes what an author wrote into what the switch runs. */
import type { Call, Command, Json, Result } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Context, Definition } from './command.ts'

/** @param owner `switchyard` for our own, `commands` for those of the user's folder */
export function buildCommand(definition: Definition, owner: string): Command {
  const { name, description, scope = 'call', timeout, run, summary } = definition
  const inputSchema = inputSchemaOf(definition)
  const outputSchema = outputSchemaOf(definition)
  const wrapped = isSchema(definition.returns) && definition.returns.type !== 'object'
  const defaults = defaultsOf(inputSchema)
  const title = definition.title ?? titleOf(name)
  return {
    kind: 'tool',
    name,
    owner,
    scope,
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    definition: {
      name,
      title,
      description,
      inputSchema,
      ...(outputSchema ? { outputSchema } : {}),
      annotations: annotationsOf(definition, title),
    },
    async run(call) {
      return resultOf(await run({ ...defaults, ...call.arguments }, new CallContext(call)), wrapped, summary)
    },
  }
}

export const buildCommands = (definitions: readonly Definition[], owner: string): Command[] =>
  definitions.map((definition) => buildCommand(definition, owner))

/** Arguments that the schema does not name are refused, unless it says that it takes them. */
function inputSchemaOf({ params = {}, input }: Definition): Json {
  if (input) return { additionalProperties: false, ...input }
  const required = Object.keys(params).filter((name) => params[name]?.required)
  const properties = Object.fromEntries(Object.entries(params).map(([name, { required: _, ...schema }]) => [name, schema]))
  return { type: 'object', properties, ...(required.length ? { required } : {}), additionalProperties: false }
}

/** MCP knows objects only as structured results: anything else is given as `{ result }`. */
function outputSchemaOf({ returns }: Definition): Json | undefined {
  if (!isSchema(returns)) return undefined
  return returns.type === 'object' ? returns : { type: 'object', properties: { result: returns }, required: ['result'] }
}

function defaultsOf({ properties }: Json): Json {
  const withDefault = Object.entries((properties ?? {}) as Record<string, Json>).filter(
    ([, schema]) => schema.default !== undefined,
  )
  return Object.fromEntries(withDefault.map(([name, schema]) => [name, schema.default]))
}

/** `order_find` becomes `Order Find`. */
const titleOf = (name: string) =>
  name
    .replaceAll(/[_-]+/g, ' ')
    .trim()
    .replaceAll(/\b\w/g, (letter) => letter.toUpperCase())

const annotationsOf = ({ readOnly = false }: Definition, title: string): Json => ({
  title,
  readOnlyHint: readOnly,
  destructiveHint: !readOnly,
})

/** What its author's function sees of a call. Its functions may be taken out of it; the signal is made when it is looked at, because it costs. */
class CallContext implements Context {
  private readonly call: Call
  private last = Number.NEGATIVE_INFINITY

  constructor(call: Call) {
    this.call = call
  }

  get caller() {
    return this.call.caller
  }

  get signal() {
    return this.call.signal
  }

  readonly progress = (done: number, total?: number, message?: string): void => {
    const token = this.call.meta?.progressToken
    // MCP: a value for each notification, larger than the one before, and only to those who asked.
    if (token === undefined || !(done > this.last)) return
    this.last = done
    this.call.notify('notifications/progress', { progressToken: token, progress: done, total, message })
  }

  readonly log = (level: string, message: string): void => {
    this.call.notify('notifications/message', { level, logger: this.call.command.name, data: message })
  }

  readonly failure = (message: string, data?: Record<string, unknown>): Failure => new Failure('failed', message, { data })
}

function resultOf(value: unknown = null, wrapped: boolean, summary?: Definition['summary']): Result {
  const text = summary ? summary(value as Json) : typeof value === 'string' ? value : JSON.stringify(value)
  const structuredContent = isObject(value) && !wrapped ? value : { result: value }
  return { content: [{ type: 'text', text }], structuredContent }
}

const isSchema = (returns: Definition['returns']): returns is Json => typeof returns === 'object'
