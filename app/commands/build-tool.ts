/** A tool, as its author wrote it, becomes a command. */
import type { Command, Json, Result } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { ToolDefinition } from './command.ts'
import { Content } from './content.ts'
import { CallContext } from './context.ts'
import { inputSchemaOf } from './tool-schema.ts'
import { given, titleOf } from './words.ts'

export function buildTool(definition: ToolDefinition, owner: string): Command {
  const { name, description, scope = 'call', run, summary, icons, task, use_queue: queued = false } = definition
  const { timeout = queued ? longestJob : undefined } = definition
  const inputSchema = inputSchemaOf(definition)
  const wrapped = isSchema(definition.returns) && definition.returns.type !== 'object'
  const defaults = defaultsOf(inputSchema)
  const title = definition.title ?? titleOf(name)
  return {
    kind: 'tool',
    name,
    owner,
    scope,
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    ...(task === undefined ? {} : { task }),
    ...(queued ? { queued } : {}),
    ...notesOf(definition),
    definition: {
      name,
      title,
      description,
      inputSchema,
      ...given({ outputSchema: outputSchemaOf(definition), icons, execution: executionOf(definition) }),
      annotations: annotationsOf(definition, title),
    },
    async run(call) {
      return resultOf(await run({ ...defaults, ...call.arguments }, new CallContext(call)), wrapped, summary)
    },
  }
}

/** Seconds that a command may run which says that it takes long, and not how long. */
const longestJob = 3_600

function notesOf({ returns, examples }: ToolDefinition): Pick<Command, 'notes'> {
  const notes = given({ returns: typeof returns === 'string' ? returns : undefined, examples })
  return Object.keys(notes).length ? { notes } : {}
}

/** MCP knows objects only as structured results: anything else is given as `{ result }`. */
function outputSchemaOf({ returns }: ToolDefinition): Json | undefined {
  if (!isSchema(returns)) return undefined
  return returns.type === 'object' ? returns : { type: 'object', properties: { result: returns }, required: ['result'] }
}

function defaultsOf({ properties }: Json): Json {
  const withDefault = Object.entries((properties ?? {}) as Record<string, Json>).filter(
    ([, schema]) => schema.default !== undefined,
  )
  return Object.fromEntries(withDefault.map(([name, schema]) => [name, schema.default]))
}

const annotationsOf = ({ readOnly = false, annotations }: ToolDefinition, title: string): Json => ({
  title,
  readOnlyHint: readOnly,
  destructiveHint: !readOnly,
  ...annotations,
})

function resultOf(value: unknown = null, wrapped: boolean, summary?: ToolDefinition['summary']): Result {
  if (value instanceof Content) return value.result
  const text = summary ? summary(value as Json) : typeof value === 'string' ? value : JSON.stringify(value)
  const structuredContent = isObject(value) && !wrapped ? value : { result: value }
  return { content: [{ type: 'text', text }], structuredContent }
}

/** In a session the client decides before the run begins, so the run cannot. */
const executionOf = ({ task }: ToolDefinition): Json | undefined => task && { taskSupport: task === 'later' ? 'optional' : task }

const isSchema = (returns: ToolDefinition['returns']): returns is Json => typeof returns === 'object'
