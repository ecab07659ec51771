/** A value as a part of a test's name: short, and on one line. */

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 30)}... of ${text.length} characters` : text
}

/** The members of an object, each with its value. */
export const shownMembers = (value: Readonly<Record<string, unknown>>): string =>
  Object.entries(value)
    .map(([name, member]) => (member === undefined ? `no ${name}` : `${name} ${shown(member)}`))
    .join(', ')
