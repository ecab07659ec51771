/** The words of what callers may do. Types only. */
import type { Command, Json, Via } from '../call.ts'

/** One rule of `access.rules`. Whatever it leaves out fits everything; patterns may hold `*` for any text. */
export interface Rule {
  /** As explanations call it. */
  readonly name: string
  readonly effect: 'allow' | 'deny'
  /** Names or ids of API keys. */
  readonly keys?: readonly string[]
  /** Ids of callers of any kind: `local`, `stdio`, `user:...`, `person:erp:*`. */
  readonly callers?: readonly string[]
  readonly roles?: readonly string[]
  /** Claims of a token, by name: one of the texts must fit the claim, or one element of it. */
  readonly claims?: Readonly<Record<string, readonly string[]>>
  readonly surfaces?: readonly Via[]
  readonly upstreams?: readonly string[]
  readonly tools?: readonly string[]
  /** URIs. */
  readonly resources?: readonly string[]
  readonly prompts?: readonly string[]
  /** Values that arguments have, by name; a dot leads into an object. */
  readonly arguments?: Readonly<Record<string, readonly Plain[]>>
  /** Arguments that are added to the call and that callers neither see nor give. */
  readonly fixed?: Json
  /** Arguments that callers neither see nor give. */
  readonly hidden?: readonly string[]
}

export type Plain = string | number | boolean | null

/** What is asked for. */
export interface Target {
  readonly command: Command
  /** A tool's or a prompt's name; for a resource the URI, also where the command is a template that it fits. */
  readonly name: string
}

/** Why something may or may not be done: the rule, or the sentence that stands in the place of one. */
export interface Reason {
  readonly allowed: boolean
  /** Undefined where no rule fits and the default holds. */
  readonly rule?: Rule
  readonly text: string
}
