/** What the thread that reads a document is told, and what it says. Types only. */
import type { About, BuildOptions, Built } from './build.ts'

export interface Order {
  /** The URL of the document. */
  readonly at: string
  readonly text: string
  readonly options: BuildOptions
}

/** One that was asked for: its text, or why there is none. */
export type File = { readonly at: string } & ({ readonly text: string } | { readonly reason: string })

export type Word =
  | { readonly need: readonly string[] }
  | { readonly piece: Built }
  | { readonly about: About }
  | { readonly broken: string }
