/** What stands around a field: its name, what it means, and what is wrong with it. */
import type { Shape } from './schema.ts'

export function Name({ name, required }: { name: string; required: boolean }) {
  return (
    <>
      <span className="field-name">{name}</span>
      {required && (
        <span className="required" title="required">
          required
        </span>
      )}
    </>
  )
}

export function Notes({
  id,
  description,
  hints,
  wrong,
}: {
  id: string
  description: string
  hints: string
  wrong: string | undefined
}) {
  return (
    <div id={id} className="notes">
      {wrong && <p className="wrong-note">{wrong}</p>}
      {(description || hints) && (
        <p>
          {description} {hints && <span className="hints">{hints}</span>}
        </p>
      )}
    </div>
  )
}

/** The bounds of the schema that a person wants to know before typing. */
export function hintsOf({ schema, kind }: Shape): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, format, default: initial } = schema
  const between = (least: unknown, most: unknown, what: string) =>
    least !== undefined && most !== undefined
      ? `${least} to ${most}${what}`
      : least !== undefined
        ? `at least ${least}${what}`
        : most !== undefined
          ? `at most ${most}${what}`
          : ''
  return [
    kind === 'integer' ? 'whole number' : '',
    between(minimum, maximum, ''),
    between(minLength, maxLength, ' characters'),
    between(minItems, maxItems, ' elements'),
    pattern ? `matches ${pattern}` : '',
    format ? String(format) : '',
    initial !== undefined && typeof initial !== 'object' ? `default ${JSON.stringify(initial)}` : '',
  ]
    .filter(Boolean)
    .join(', ')
}
