/** How a command file is written, as far as these use it. They run in a copy of this folder, so they import nothing from outside it. */

export type Json = Record<string, unknown>

/** Something that only the client can answer. */
export interface Question {
  readonly method: 'elicitation/create' | 'sampling/createMessage' | 'roots/list'
  readonly params?: Json
}

export type Level = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency'

/** What a command may use while it runs. Answers of the client come back as it gave them: they have been checked by nobody. */
export interface Context {
  readonly signal: AbortSignal
  readonly client: { readonly capabilities: Json }
  progress(done: number, total?: number, message?: string): void
  log(level: Level, message: string): void
  failure(message: string): Error
  /** Puts them all at once; the answers have the same keys. */
  ask(questions: Readonly<Record<string, Question>>): Promise<Record<string, Json>>
  elicit(message: string, requestedSchema: Json, key?: string): Promise<Json>
  sample(params: Json, key?: string): Promise<Json>
  roots(key?: string): Promise<Json>
  /** Content blocks, for `run` to return. */
  content(blocks: readonly Json[], options?: { structured?: Json; isError?: boolean; _meta?: Json }): unknown
  /** Lets the connection go while the run goes on. */
  detach(): void
}

export interface Tool {
  readonly kind?: 'tool'
  readonly name: string
  readonly description: string
  readonly input?: Json
  readonly task?: 'optional' | 'required'
  readonly timeout?: number
  run(input: Json, context: Context): unknown
}

export interface Resource {
  readonly kind: 'resource'
  /** Of one thing, or a template with `{variables}`. */
  readonly uri: string
  readonly name: string
  readonly description: string
  readonly mimeType: string
  read(of: { uri: string } & Readonly<Record<string, string>>, context: Context): string | Uint8Array
  readonly complete?: Readonly<Record<string, (value: string) => string[]>>
  watch?(uri: string, changed: () => void): () => void
}

export interface Prompt {
  readonly kind: 'prompt'
  readonly name: string
  readonly description: string
  readonly arguments?: Readonly<Record<string, PromptArgument>>
  get(values: Readonly<Record<string, string>>, context: Context): string | readonly Json[] | Promise<string>
}

export interface PromptArgument {
  readonly description: string
  readonly required?: boolean
  readonly complete?: (value: string) => string[]
}
