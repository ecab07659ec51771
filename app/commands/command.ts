/** A command of our own: what its author writes, and what the switch runs. */
import type { Caller, Json, Scope } from '../call.ts'

/** One parameter, as an author describes it. */
export interface Param {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'
  readonly description: string
  readonly required?: boolean
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  /** The elements of an array. */
  readonly items?: Json
}

/** What a command may use while it runs. */
export interface Context {
  readonly caller: Caller
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Tells the caller how far it is. @param total where it is known */
  progress(done: number, total?: number, message?: string): void
  /** Tells the caller something on the way (an MCP log message). */
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void
  /**
   * Makes an error to throw whose sentence the caller reads, such as "order 7 does not exist". Of any other error the caller
   * learns only that there was one.
   */
  failure(message: string, data?: Json): Error
}

/** The default export of a command file is one of these, or a list of them. */
export interface Definition {
  readonly name: string
  /** For a model and a person alike: what it does, what comes back, when not to use it. */
  readonly description: string
  /** The first words of a form; made from the name where it is missing. */
  readonly title?: string
  /** Parameters by name; or `input`, a JSON Schema. */
  readonly params?: Readonly<Record<string, Param>>
  readonly input?: Json
  /** What comes back, in words or as a JSON Schema. */
  readonly returns?: string | Json
  /** Default `call`. */
  readonly scope?: Scope
  /** Longest run, in seconds. */
  readonly timeout?: number
  /** Changes nothing: clients may call it without asking. */
  readonly readOnly?: boolean
  run(input: Json, context: Context): unknown
  /** What `run` returned, in words: they stand in place of its JSON text, which is sent beside the structured result otherwise. */
  summary?(answer: Json): string
}
