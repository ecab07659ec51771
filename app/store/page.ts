/** Where a page of a list ends that is read from the newest row back: the time and the id of its last row, which no two rows share both of. */

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const isUuid = (text: string): boolean => uuid.test(text)

export interface Position {
  /** As PostgreSQL reads it. */
  readonly at: string
  readonly id: string
}

/** Opaque for clients. */
export const cursorOf = (at: Date, id: string): string => Buffer.from(`${at.getTime()} ${id}`).toString('base64url')

/** Undefined for a cursor that is none of ours. */
export function positionIn(cursor: string): Position | undefined {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (!/^\d{1,15}$/.test(time) || !isUuid(id)) return undefined
  const at = new Date(Number(time))
  // Decoding passes over what is no base64url.
  return cursorOf(at, id) === cursor ? { at: at.toISOString(), id } : undefined
}
