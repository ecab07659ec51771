/** Commands of our own, as their authors write them: tools, resources and prompts. */
import type { Answers, Caller, Example, Json, Questions, Scope, TaskSupport, Via } from '../call.ts'
import type { Content, ContentOptions } from './content.ts'

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
  /** Which way the call came in. */
  readonly via: Via
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** Tells the caller how far it is. @param total where it is known */
  progress(done: number, total?: number, message?: string): void
  /** Tells the caller something on the way (an MCP log message). */
  log(level: Level, message: string): void
  /**
   * Makes an error to throw whose sentence the caller reads, such as "order 7 does not exist". Of any other error the caller
   * learns only that there was one.
   */
  failure(message: string, data?: Json): Error
  /** What the program on the other side declared that it can be asked (MCP `ClientCapabilities`); empty where it can be asked nothing. */
  readonly client: { readonly capabilities: Json }
  /**
   * Asks whoever is on the other side, all at once, and gives the answers by the same keys. The time that they take is not counted.
   * Throws where the client did not declare that it can be asked this.
   */
  ask(questions: Questions): Promise<Answers>
  /** Asks the person for values. @param schema an object of plain values, as MCP's `requestedSchema` has it */
  elicit(message: string, schema: Json, key?: string): Promise<Json>
  /** Sends the person to a page. */
  elicitUrl(message: string, url: string, key?: string): Promise<Json>
  /** Asks the model. @param params those of `sampling/createMessage` */
  sample(params: Json, key?: string): Promise<Json>
  /** The folders that the client works in. */
  roots(key?: string): Promise<readonly Json[]>
  /** To return from `run`: content of one's own (images, audio, links, ...) in place of the text that is made from a value. */
  content(blocks: readonly Json[], options?: ContentOptions): Content
  /**
   * For a tool with `task: 'later'`: the client gets a task now and comes for the result, where it can (2026-07-28). To be awaited: when it
   * throws, the run must not go on.
   */
  later(): Promise<void>
  /** Lets go of the client's connection while the run goes on; it comes back for the answer. Does nothing where the client cannot (before 2025-11-25). */
  detach(): void
}

/** The levels of MCP log messages. */
export type Level = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency'

/** The default export of a command file is one of these, or a list of them. */
export type Definition = ToolDefinition | ResourceDefinition | PromptDefinition

/** What all of them have. */
interface Common {
  readonly name: string
  /** Pictures for people, as MCP has them. */
  readonly icons?: readonly Json[]
}

export interface ToolDefinition extends Common {
  readonly kind?: 'tool'
  /** For a model and a person alike: what it does, what comes back, when not to use it. */
  readonly description: string
  /** The first words of a form; made from the name where it is missing. */
  readonly title?: string
  /** Parameters by name; or `input`, a JSON Schema. */
  readonly params?: Readonly<Record<string, Param>>
  readonly input?: Json
  /** What comes back, in words or as a JSON Schema. In strict mode a command without it is not registered. */
  readonly returns?: string | Json
  /** Calls as they could be made, for whoever reads about the command. */
  readonly examples?: readonly Example[]
  /** Default `call`. */
  readonly scope?: Scope
  /** Longest run, in seconds. */
  readonly timeout?: number
  /** Changes nothing: clients may call it without asking. */
  readonly readOnly?: boolean
  /** More hints for clients (MCP `ToolAnnotations`), beside those made from the rest. */
  readonly annotations?: Json
  /** Clients may, or must, take the call as a task and come for its result later; with `later`, `context.later()` says from when on. */
  readonly task?: TaskSupport
  /** Takes long: `/cmd` and REST answer with a job at once, and are asked for its result. It may run an hour unless `timeout` says otherwise. */
  readonly use_queue?: boolean
  run(input: Json, context: Context): unknown
  /** What `run` returned, in words: they stand in place of its JSON text, which is sent beside the structured result otherwise. */
  summary?(answer: Json): string
}

/** What a resource gives: a text, bytes, or a `ResourceContents` of MCP whose missing members are filled in. */
export type Contents = string | Uint8Array | Json

/** Proposes values that begin like this one. @param others values that are chosen already */
export type Complete = (value: string, others: Readonly<Record<string, string>>) => readonly string[] | Promise<readonly string[]>

export interface ResourceDefinition extends Common {
  readonly kind: 'resource'
  /** A URI, or a template such as `orders://{id}` (RFC 6570). */
  readonly uri: string
  readonly description: string
  readonly title?: string
  readonly mimeType?: string
  /** Default `read`. */
  readonly scope?: Scope
  /** Longest read, in seconds. */
  readonly timeout?: number
  readonly annotations?: Json
  /** Bytes, where that is known. */
  readonly size?: number
  /** @param input `uri`, and the template's variables by name */
  read(
    input: Readonly<Record<string, string>>,
    context: Context,
  ): Contents | readonly Contents[] | Promise<Contents | readonly Contents[]>
  /** By the template's variables. */
  readonly complete?: Readonly<Record<string, Complete>>
  /** Calls `changed` whenever the resource has changed, until what it returned is called. */
  watch?(uri: string, changed: () => void): () => void
}

export interface PromptArgument {
  readonly description: string
  readonly required?: boolean
  readonly complete?: Complete
}

export interface PromptDefinition extends Common {
  readonly kind: 'prompt'
  readonly description: string
  readonly title?: string
  /** Default `read`. */
  readonly scope?: Scope
  readonly timeout?: number
  readonly arguments?: Readonly<Record<string, PromptArgument>>
  /** Gives the text of one message of the user's, a list of messages, or a whole `GetPromptResult`. */
  get(input: Readonly<Record<string, string>>, context: Context): unknown
}
