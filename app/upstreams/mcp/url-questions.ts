/** The error by which a server of 2025-11-25 says that a person must open pages first (-32042, SEP-1036), as questions. */
import type { Json, Questions } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { Refused } from './peer.ts'

export const urlElicitationRequired = -32042

/** Undefined for any other error. */
export function urlsAsked(error: unknown): Questions | undefined {
  if (!(error instanceof Refused) || error.code !== urlElicitationRequired || !isObject(error.data)) return undefined
  const { elicitations } = error.data
  if (!Array.isArray(elicitations) || elicitations.length === 0 || !elicitations.every(isObject)) return undefined
  return Object.fromEntries(
    elicitations.map((params: Json, index) => [
      `page_${index + 1}`,
      { method: 'elicitation/create', params: { mode: 'url', ...params } },
    ]),
  )
}
