/** `${NAME}` in a configuration file stands for a variable of the environment. */

// Cursor writes ${env:NAME}; a `$` in front keeps the text as it is.
const placeholder = /(\$?)\$\{(?:(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|[^}]*\}?)/g

/**
 * @param tree what was parsed; only the strings in it are looked at, not the keys
 * @param get a variable; undefined where it is not set
 * @param report takes one sentence for each placeholder that cannot be filled
 * @returns a copy with the placeholders filled
 */
export function interpolate(
  tree: unknown,
  get: (name: string) => string | undefined,
  report: (problem: string) => void,
  at = '',
): unknown {
  if (typeof tree === 'string') return fill(tree)
  if (Array.isArray(tree)) return tree.map((entry, index) => interpolate(entry, get, report, `${at}[${index}]`))
  if (typeof tree !== 'object' || tree === null) return tree
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, interpolate(value, get, report, at ? `${at}.${key}` : key)]),
  )

  function fill(text: string): string {
    return text.replace(placeholder, (whole, literal: string, name: string | undefined, fallback: string | undefined) => {
      if (literal) return whole.slice(1)
      if (name === undefined) {
        report(`${at} must have \${NAME} or \${NAME:-default}, or $\${ for a literal one, got ${whole}`)
        return whole
      }
      const value = get(name)
      if (fallback !== undefined) return value || fallback
      if (value === undefined) report(`${at} needs the variable ${name}, which is not set: set it, or write \${${name}:-default}`)
      return value ?? ''
    })
  }
}
