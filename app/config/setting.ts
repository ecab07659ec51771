/** One row of the settings table, and the names that follow from its place in the table. */
import type { Parts } from './parts.ts'
import type { Shape } from './shapes.ts'

/** What a process brings along. Everything that a configuration depends on comes in through here, so a test needs no environment. */
export interface Sources {
  /** As yargs parsed them; members that are no setting (verbs, their own flags) are not looked at. */
  flags: Record<string, unknown>
  env: Record<string, string | undefined>
  /** Where relative paths start, and where `switchyard.yaml` is looked for. */
  cwd: string
  home: string
}

export interface Setting<T> {
  readonly shape: Shape<T>
  /** One sentence for `--help` and the docs. */
  readonly help: string
  /** As a person would write it; a function where it depends on the machine. */
  readonly default: string | number | boolean | null | readonly string[] | ((sources: Sources) => string)
  /** How the default is told, where it is a function. */
  readonly defaultText?: string
  readonly variable: string
  /** Names that older systems use for the same thing. */
  readonly aliases?: readonly string[]
  /** What a variable of this name means in our words, where older systems say it in others; undefined: nothing that is for here. */
  readonly meaning?: (name: string, raw: string) => string | undefined
  /** Where older systems give it in pieces. */
  readonly parts?: Parts
  /** Without dashes. A secret has none: others on the machine can read a command line. */
  readonly flag?: string
  /** Its last word in the file, where that is not the snake_case of the word here. */
  readonly fileKey?: string
  /** `key` is hidden whole, of a `url` the password, and of a `place` too, which may be a path. A secret is never repeated in a message and may come from a file (`NAME_FILE`). */
  readonly secret?: 'key' | 'url' | 'place'
}

export const setting = <T>(shape: Shape<T>, row: Omit<Setting<T>, 'shape'>): Setting<T> => ({ shape, ...row })

/** A nested table of settings. */
export interface Table {
  readonly [word: string]: Setting<unknown> | Table
}

/** The configuration that a table describes: the same tree with values in it. */
export type ValuesOf<T> = { -readonly [Word in keyof T]: T[Word] extends Setting<infer Value> ? Value : ValuesOf<T[Word]> }

/** A setting with the place where it stands. */
export interface Row {
  /** As in the file, dotted: `server.admin_port`. */
  readonly path: string
  /** As in the program: `['server', 'adminPort']`. */
  readonly words: readonly string[]
  readonly setting: Setting<unknown>
}

/** All settings of a table, in its order. */
export function rowsOf(table: Table, above: readonly string[] = [], prefix = ''): Row[] {
  return Object.entries(table).flatMap(([word, entry]) => {
    const words = [...above, word]
    const path = prefix + (isSetting(entry) && entry.fileKey ? entry.fileKey : snakeCase(word))
    return isSetting(entry) ? [{ path, words, setting: entry }] : rowsOf(entry, words, `${path}.`)
  })
}

const isSetting = (entry: Setting<unknown> | Table): entry is Setting<unknown> => 'shape' in entry

const snakeCase = (word: string): string => word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The default as `--help` and the docs tell it; undefined where there is none. */
export function defaultTextOf({ default: value, defaultText }: Setting<unknown>): string | undefined {
  if (defaultText) return defaultText
  if (value === null || typeof value === 'function' || (Array.isArray(value) && value.length === 0)) return undefined
  return String(value)
}
