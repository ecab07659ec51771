/** The words that everything here is said in: who calls what, and what comes back. Types only. */

/** What a caller may do. A command names the one scope that it needs; `register` lets a server register itself, and no command needs it. */
export type Scope = 'read' | 'call' | 'admin' | 'register'

/** Whoever stands behind a request, after a credential was looked at. Never anonymous: a call without a name is not made. */
export interface Caller {
  /** Stable and unique: `local`, `stdio`, `user:<uuid>`, `key:<id>`. The rate limit and the history count by it. */
  readonly id: string
  /** For people: shown in the history and in the panel. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Patterns of tool names (`*` stands for any text): nothing else exists for this caller. Without it, everything. */
  readonly tools?: readonly string[]
  /** Calls that it may make in one window, where that differs from the setting. */
  readonly rate?: number
  /** Of a person: admin, operator or viewer; of a token, what its issuer says. */
  readonly role?: string
  /** What the issuer of a token says about its holder. */
  readonly claims?: Json
  /** Of a client that acts in a person's name: what the person could let it do, if it asked them again. */
  readonly grantable?: readonly Scope[]
}

/** Who asks, and which way they came in. */
export interface Who {
  readonly caller: Caller
  readonly via: Via
}

/**
 * The things MCP knows that can be asked for. A resource template is a resource whose name holds `{variables}`; a completion proposes values
 * for an argument of a prompt, or for a variable of a template.
 */
export type Kind = 'tool' | 'resource' | 'prompt' | 'completion'

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
  /** For a tool: whether clients may have a task in the place of its result. */
  readonly task?: TaskSupport
  /** Takes long: `/cmd` and REST answer with a job in the place of its result. */
  readonly queued?: boolean
  /** Stands for what does not exist, or not for whoever asks: its run says so, and no rule is asked. */
  readonly absent?: boolean
  /** Why it cannot be called although it is listed, for whoever calls it. */
  readonly held?: string
  /** What its author says beyond what MCP has a place for. */
  readonly notes?: Notes
  /** Throws a Failure for what is the caller's business, anything else for what is ours. */
  run(call: Call): Promise<Result>
  /** Proposes values for its arguments, where it can: `{ argument: { name, value }, context }` in, MCP's `CompleteResult` out. */
  readonly completion?: Command
  /**
   * Tells of every change of a resource, from now until the function that comes back is called.
   * @param uri of the resource itself, also where the command is a template
   */
  watch?(uri: string, watcher: Watcher): Promise<() => void>
}

/** A call as it could be made. */
export interface Example {
  readonly description?: string
  readonly params: Json
  /** What comes back then. */
  readonly result?: unknown
}

export interface Notes {
  /** What comes back, in words. */
  readonly returns?: string
  readonly examples?: readonly Example[]
}

/** Clients may, or must, take a call as a task and come for its result later; or the run itself says when it becomes one (`Client.later`). */
export type TaskSupport = 'optional' | 'required' | 'later'

/** Whoever wants to hear that a resource changed. */
export interface Watcher {
  readonly caller: Caller
  /** The MCP session that hears it, where there is one. */
  readonly session?: string
  changed(): void
}

/** What MCP returns: `CallToolResult`, `ReadResourceResult` or `GetPromptResult`, by the kind of the command. */
export type Result = Json

/** Which way a call came in; the history keeps it. */
export type Via = 'stdio' | 'sse' | 'http' | 'websocket' | 'cmd' | 'rest' | 'admin' | 'cli'

/** Something that a call takes up while it runs. */
export interface Place {
  leave(): void
}

/** Says once that nobody waits any more: an AbortController that can be listened to without its signal. */
export interface Cancel {
  readonly aborted: boolean
  /** What it was aborted with. */
  readonly reason: unknown
  abort(reason?: unknown): void
  /** Names the one who is told; undefined for nobody any more. */
  tell(listener: (() => void) | undefined): void
  /** Others who are told. */
  tellToo(listener: () => void): void
  tellNoMore(listener: () => void): void
}

/** A question to the person or the model on the other side: `elicitation/create`, `sampling/createMessage` or `roots/list`, with its params. */
export interface Question {
  readonly method: string
  readonly params?: Json
}

/** Questions, and the results that they are answered with, by a key that whoever asks has chosen. */
export type Questions = Readonly<Record<string, Question>>
export type Answers = Readonly<Record<string, Json>>

/** The program on the other side of a call, as far as what it calls may deal with it. */
export interface Client {
  /** What it declared that it can be asked (MCP `ClientCapabilities`). */
  readonly abilities: Json
  /** Settles when all questions are answered. Throws a Failure when nobody will answer any more. @param taken aborts when nobody needs the answers */
  ask(questions: Questions, taken?: AbortSignal): Promise<Answers>
  /**
   * It takes questions as a result of the type `input_required` and comes back with the answers, as 2026-07-28 has it. An upstream of the
   * same revision may then hand its own result on instead of asking.
   */
  readonly resumable: boolean
  /** What it came back with, answers and the state of the upstream that asked; only where it is resumable. */
  readonly resumed?: { readonly answers: Json; readonly state?: string }
  /** Lets go of its connection while the call goes on, if it knows how to come back for the answer (SEP-1699). */
  detach(): void
  /**
   * Gives it a task in the place of the result, which it comes for later. Settles when that is kept; throws a Failure when it cannot be, and
   * then the call must not go on. There is none where the client cannot have one.
   */
  later?(): Promise<void>
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
  /** Adds arguments that the caller could not give. */
  supply(values: Json): void
  /** Takes something along that is given back when the call is over, however it ends. */
  hold(place: Place): void
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
  /** Nobody can be asked where there is none. */
  readonly client?: Client
  /** What has to be done after every policy has let the call through and before its command runs. */
  readonly admitted?: () => Promise<void>
  /** Asks whoever is on the other side. Throws Failure `client_lacks` where it has not declared that it can be asked. */
  ask(questions: Questions, taken?: AbortSignal): Promise<Answers>
  /** Whether an answer is being waited for: that time is the other side's, and no deadline counts it. */
  readonly asking: boolean
}

/** A way of handling a call; the innermost one runs the command. */
export type Step = (call: Call) => Promise<Result>

/** Does its work before, after, or instead of the next step. */
export type Policy = (next: Step) => Step
