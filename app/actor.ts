/** Who it was that called, for the audit log. */
import type { Caller } from './call.ts'

/**
 * People by their name, which no two share. Anything else with its id, because a key may be called as a person is; no name of a key or of a
 * person has a bracket in it.
 */
export const actorOf = ({ id, name }: Caller): string => (id.startsWith('user:') || id === name ? name : `${name} (${id})`)
