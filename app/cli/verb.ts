/** What a verb of the command line is. Adding one is one new file and one word in the list of `index.ts`. */
import type { Assemble } from '../system.ts'
import type { Flag } from './flags.ts'

/** What somebody typed, taken apart. */
export interface Given {
  /** By name without dashes: those of the settings, and the verb's own. Unknown ones were refused. */
  readonly flags: Record<string, unknown>
  /** What stands after the verb. */
  readonly words: readonly string[]
  readonly assemble: Assemble
}

export interface Verb {
  readonly name: string
  /** The words it takes, as a usage line shows them; one in brackets may be left out. */
  readonly words: readonly string[]
  /** One line in the list of verbs. */
  readonly summary: string
  /** What its own help says: a paragraph or two. */
  readonly about: readonly string[]
  readonly flags: readonly Flag[]
  /** Command lines after `switchyard`, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[]
  /**
   * Does it. Results go to stdout, everything else to stderr.
   * @returns the exit code
   * @throws ConfigError, Failure or another error with a sentence for the person who typed it
   */
  run(given: Given): Promise<number>
}
