/** JSON text that PostgreSQL takes: jsonb knows neither the NUL character nor halves of surrogate pairs. */

/** A pair of backslashes first, so that an escaped backslash before `u0000` is not taken for an escape; whole pairs stay. */
const escapes = /\\\\|\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g

/** The same JSON text, with U+FFFD in the place of what cannot be stored. */
export function storable(json: string): string {
  if (!json.includes('\\u')) return json
  return json.replace(escapes, (found) => (found.length === 6 ? '\\ufffd' : found))
}
