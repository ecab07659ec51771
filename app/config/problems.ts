/** A wrong configuration is told whole: every problem is collected, and thrown as one error that a person can work through. */
import { secrets } from '../secrets.ts'

/** All that is wrong with a configuration. `message` has one problem a line; no secret stands in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Each says what is wrong, where it came from and what would be right. */
  readonly problems: string[]

  constructor(found: string[]) {
    const problems = found.map(secrets.mask)
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super([`the configuration has ${count}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}

/** A wrong value as it stands in a message: short, on one line. Of what has parts only the kind, because a secret may be one of them. */
export function shown(raw: unknown): string {
  if (raw === '' || typeof raw === 'object') return kindOf(raw)
  const text = String(raw).replaceAll('\n', ' ')
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** What something is, without showing it: for what may be a secret, or hold one. */
export function kindOf(raw: unknown): string {
  if (raw === '' || raw === null || raw === undefined) return 'nothing'
  if (Array.isArray(raw)) return 'a list'
  return typeof raw === 'object' ? 'a mapping' : typeof raw === 'string' ? 'text' : `a ${typeof raw}`
}

/** The text of anything that was thrown. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
