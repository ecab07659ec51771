/** Runs command files without Switchyard: what they may use while they run, on top of what a server has, and what comes of it. */
import type { Answers, Caller, Json, Questions } from '../../app/call.ts'
import type { Context, Level, PromptDefinition, ResourceDefinition, ToolDefinition } from '../../app/commands/command.ts'
import type { ContentOptions } from '../../app/commands/content.ts'

/** What a server of either era can do for a run. */
export interface Host {
  readonly signal: AbortSignal
  readonly capabilities: Json
  /** Where progress is reported to, if anybody asked. */
  readonly token: string | number | undefined
  notify(method: string, params: Json): void
  log(level: Level, message: string): void
  ask(questions: Questions): Promise<Answers>
}

/** Nothing here knows who calls. */
const caller: Caller = { id: 'nobody', name: 'nobody', scopes: [] }

/** A reason that the model may read. */
class Refusal extends Error {}

class Blocks {
  readonly result: Json
  constructor(content: readonly Json[], { structured, isError, _meta }: ContentOptions = {}) {
    this.result = { content, structuredContent: structured, isError, _meta }
  }
}

export function contextOf({ signal, capabilities, token, notify, log, ask }: Host): Context {
  const one = async (key: string, method: string, params: Json) => (await ask({ [key]: { method, params } }))[key] ?? {}
  return {
    caller,
    via: 'http',
    signal,
    client: { capabilities },
    progress(progress, total, message) {
      if (token !== undefined) notify('notifications/progress', { progressToken: token, progress, total, message })
    },
    log,
    failure: (message) => new Refusal(message),
    ask,
    elicit: (message, requestedSchema, key = 'elicitation') => one(key, 'elicitation/create', { message, requestedSchema }),
    elicitUrl: (message, url, key = 'page') => one(key, 'elicitation/create', { mode: 'url', message, url }),
    sample: (params, key = 'sampling') => one(key, 'sampling/createMessage', params),
    roots: async (key = 'roots') => ((await one(key, 'roots/list', {})).roots ?? []) as Json[],
    content: (blocks, options) => new Blocks(blocks, options),
    later: async () => {},
    detach: () => {},
  }
}

/** @throws whatever is no reason for a model to read */
export async function runTool(tool: ToolDefinition, input: Json, context: Context): Promise<Json> {
  try {
    const value = await tool.run(input, context)
    return value instanceof Blocks ? value.result : { content: [{ type: 'text', text: String(value) }] }
  } catch (error) {
    if (error instanceof Refusal) return { content: [{ type: 'text', text: error.message }], isError: true }
    throw error
  }
}

/** @throws Error when an argument is missing */
export async function getPrompt(prompt: PromptDefinition, values: Record<string, string>, context: Context): Promise<Json> {
  const missing = Object.entries(prompt.arguments ?? {}).find(([name, { required }]) => required && values[name] === undefined)
  if (missing) throw new Error(`the prompt ${prompt.name} needs the argument ${missing[0]}`)
  const value = await prompt.get(values, context)
  return { messages: typeof value === 'string' ? [{ role: 'user', content: { type: 'text', text: value } }] : value }
}

/** Of a resource that gives a text or bytes. */
export async function readResource(
  { mimeType, read }: ResourceDefinition,
  uri: string,
  variables: Record<string, string>,
  context: Context,
): Promise<Json> {
  const value = await read({ ...variables, uri }, context)
  const body = value instanceof Uint8Array ? { blob: Buffer.from(value).toString('base64') } : { text: value }
  return { contents: [{ uri, mimeType, ...body }] }
}
