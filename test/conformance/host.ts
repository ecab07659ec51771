/** Runs command files without Switchyard: what they may use while they run, on top of what a server has, and what comes of it. */
import type { Context, Json, Level, Prompt, Question, Resource, Tool } from './commands/_types.ts'

/** What a server of either era can do for a run. */
export interface Host {
  readonly signal: AbortSignal
  readonly capabilities: Json
  /** Where progress is reported to, if anybody asked. */
  readonly token: string | number | undefined
  notify(method: string, params: Json): void
  log(level: Level, message: string): void
  ask(questions: Readonly<Record<string, Question>>): Promise<Record<string, Json>>
}

/** A reason that the model may read. */
class Refusal extends Error {}

class Blocks {
  readonly result: Json
  constructor(
    content: readonly Json[],
    { structured, isError, _meta }: { structured?: Json; isError?: boolean; _meta?: Json } = {},
  ) {
    this.result = {
      content,
      ...(structured ? { structuredContent: structured } : {}),
      ...(isError ? { isError } : {}),
      ...(_meta ? { _meta } : {}),
    }
  }
}

export function contextOf({ signal, capabilities, token, notify, log, ask }: Host): Context {
  const one = async (key: string, question: Question) => (await ask({ [key]: question }))[key] ?? {}
  return {
    signal,
    client: { capabilities },
    progress(progress, total, message) {
      if (token !== undefined) notify('notifications/progress', { progressToken: token, progress, total, message })
    },
    log,
    failure: (message) => new Refusal(message),
    ask,
    elicit: (message, requestedSchema, key = 'elicitation') =>
      one(key, { method: 'elicitation/create', params: { message, requestedSchema } }),
    sample: (params, key = 'sampling') => one(key, { method: 'sampling/createMessage', params }),
    roots: (key = 'roots') => one(key, { method: 'roots/list', params: {} }),
    content: (blocks, options) => new Blocks(blocks, options),
    detach: () => {},
  }
}

/** @throws whatever is no reason for a model to read */
export async function runTool(tool: Tool, input: Json, context: Context): Promise<Json> {
  try {
    const value = await tool.run(input, context)
    return value instanceof Blocks ? value.result : { content: [{ type: 'text', text: String(value) }] }
  } catch (error) {
    if (error instanceof Refusal) return { content: [{ type: 'text', text: error.message }], isError: true }
    throw error
  }
}

/** @throws Error when an argument is missing */
export async function getPrompt(prompt: Prompt, values: Record<string, string>, context: Context): Promise<Json> {
  const missing = Object.entries(prompt.arguments ?? {}).find(([name, { required }]) => required && values[name] === undefined)
  if (missing) throw new Error(`the prompt ${prompt.name} needs the argument ${missing[0]}`)
  const value = await prompt.get(values, context)
  return { messages: typeof value === 'string' ? [{ role: 'user', content: { type: 'text', text: value } }] : value }
}

export function readResource(resource: Resource, uri: string, variables: Record<string, string>, context: Context): Json {
  const value = resource.read({ ...variables, uri }, context)
  const body = typeof value === 'string' ? { text: value } : { blob: Buffer.from(value).toString('base64') }
  return { contents: [{ uri, mimeType: resource.mimeType, ...body }] }
}
