/** The words that everything here is said in: who calls what, and what comes back. Types only. */

/** What a caller may do. A command names the one scope that it needs. */
export type Scope = 'read' | 'call' | 'admin'

/** Whoever stands behind a request, after a credential was looked at. Never anonymous: a call without a name is not made. */
export interface Caller {
  /** Stable and unique: `local`, `stdio`, `user:<uuid>`, `key:<id>`. The rate limit and the history count by it. */
  readonly id: string
  /** For people: shown in the history and in the panel. */
  readonly name: string
  readonly scopes: readonly Scope[]
}

/** The three things MCP knows that can be asked for. A resource template is a resource whose name holds `{variables}`. */
export type Kind = 'tool' | 'resource' | 'prompt'

/** A JSON object whose members we pass on without knowing all of them. */
export type Json = Record<string, unknown>

/** One thing that can be called, read or got. Everything callable is one of these, whoever answers it. */
export interface Command {
  readonly kind: Kind
  /** A tool's or a prompt's name, a resource's URI or URI template: unique within its kind. */
  readonly name: string
  /** `switchyard`, or the name of the upstream that answers. */
  readonly owner: string
  readonly scope: Scope
  /** As MCP clients see it in a list: `name`, `description`, `inputSchema`, `uri`, ... passed on unchanged where it came from an upstream. */
  readonly definition: Json
  /** Longest run, in milliseconds, where it differs from the setting. */
  readonly timeout?: number
  /** Throws a Failure for what is the caller's business, anything else for what is ours. */
  run(call: Call): Promise<Result>
}

/** What MCP returns: `CallToolResult`, `ReadResourceResult` or `GetPromptResult`, by the kind of the command. */
export type Result = Json

/** Which way a call came in; the history keeps it. */
export type Via = 'stdio' | 'sse' | 'http' | 'websocket' | 'cmd' | 'rest' | 'admin' | 'cli'

/** Says once that nobody waits any more: an AbortController that can be listened to without its signal. */
export interface Cancel {
  readonly aborted: boolean
  abort(reason?: unknown): void
  /** Names the one who is told; undefined for nobody any more. */
  tell(listener: (() => void) | undefined): void
}

/** One request on its way through the switch. */
export interface Call {
  /** UUID; stands in the log and in the history. */
  readonly id: string
  readonly command: Command
  readonly caller: Caller
  readonly via: Via
  /** The MCP session that it came through, where there is one. */
  readonly session?: string
  /** Tool or prompt arguments; `{ uri }` for a resource. */
  readonly arguments: Json
  /** The request's `_meta`, passed on to upstreams (progress tokens are remapped by whoever passes it on). */
  readonly meta?: Json
  /** The least severe log message that the caller wants to hear on the way (an MCP level); none without it. */
  readonly logLevel?: string
  /** Aborted when the caller cancels or goes away, when the deadline passes, or when the process stops. */
  readonly cancel: Cancel
  /** The same as a signal, made when somebody first asks for it. */
  readonly signal: AbortSignal
  /** A page of the panel asks for its own sake: an answer is no news, so it is neither counted nor kept; a refusal is. */
  readonly quiet?: boolean
  /** `Date.now()` when it came in. */
  readonly startedAt: number
  /** Sends a notification (`notifications/progress`, `notifications/message`) to the caller, on the stream of this request. */
  notify(method: string, params: Json): void
}

/** A way of handling a call; the innermost one runs the command. */
export type Step = (call: Call) => Promise<Result>

/** Does its work before, after, or instead of the next step. */
export type Policy = (next: Step) => Step
