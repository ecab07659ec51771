/** What came of a folder of commands, for whoever checks it: a pipeline, `switchyard commands validate`, the command `reload`. */
import type { Found } from './folder.ts'

/** Sentences by the name of the command; by its file where there is no name. */
type Sentences = Record<string, string[]>

export interface Report {
  readonly total: number
  readonly successful: number
  readonly failed: number
  readonly errors: Sentences
  readonly warnings: Sentences
  readonly fixed: Sentences
  /** Where each is. */
  readonly files: Record<string, string>
}

export function reportOf(found: readonly Found[]): Report {
  const failed = found.filter(({ definition }) => !definition).length
  return {
    total: found.length,
    successful: found.length - failed,
    failed,
    errors: sentences(found, ({ problems }) => problems),
    warnings: sentences(found, ({ warnings }) => warnings),
    fixed: sentences(found, ({ fixed }) => fixed),
    files: Object.fromEntries(found.map((each) => [labelOf(each), each.file])),
  }
}

function sentences(found: readonly Found[], of: (each: Found) => readonly string[]): Sentences {
  const made: Sentences = {}
  for (const each of found) if (of(each).length) made[labelOf(each)] = [...(made[labelOf(each)] ?? []), ...of(each)]
  return made
}

const labelOf = ({ name, file }: Found): string => name ?? file
