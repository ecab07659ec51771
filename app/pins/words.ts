/** The words of pins. */
import type { Json, Kind, Notes } from '../call.ts'

/** What may be pinned: everything that an upstream says to models and people. */
export type PinKind = Exclude<Kind, 'completion'> | 'instructions'

/** `off` pins nothing; `warn` lists what has changed and says so; `approve` lists the last approved form and refuses its calls. */
export type Mode = 'off' | 'warn' | 'approve'

/** What models and people are shown of one thing. */
export interface Form {
  readonly definition: Json
  readonly notes?: Notes
}

/** Something in a form that looks like an attempt to mislead. It is shown to people and blocks nothing. */
export interface Mark {
  /** Stable, for programs: `hidden-instruction`, `invisible-characters`, ... docs/pins.md has them all. */
  readonly id: string
  /** One sentence for people. */
  readonly text: string
  /** Where it stands: `description`, `inputSchema.properties.path.description`, ... */
  readonly field: string
  /** What stands there, cut, with invisible characters made visible. */
  readonly excerpt: string
}

/** One thing of one upstream: the form that was approved, and what it has become since. */
export interface Pin {
  /** Undefined until it is stored. */
  readonly id: string | undefined
  readonly upstream: string
  readonly kind: PinKind
  readonly name: string
  /** SHA-256 of the approved form; null where none was approved yet. */
  readonly hash: string | null
  readonly form: Form | null
  readonly approvedAt: Date
  /** A caller's name, or `first sight`. */
  readonly approvedBy: string
  /** What is offered now, where that is something else. */
  readonly pendingHash: string | null
  readonly pendingForm: Form | null
  readonly changedAt: Date | null
  /** Of what is offered now. */
  readonly marks: readonly Mark[]
}

export const firstSight = 'first sight'
