/** Entries that are one HTTP request each, a line an entry. */
import type { Asked, Entry, Expected, Headers } from './entry.ts'

/** The headers of a POST on /mcp. */
export const json: Headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
/** The same in a session that is open. */
export const inSession: Headers = { ...json, 'mcp-session-id': '{http}' }

export type Row = readonly [name: string, ask: Asked['ask'], expect: Expected]

/** @param before begins each name */
export const rows = (before: string, all: readonly Row[]): Entry[] =>
  all.map(([name, ask, expect]) => ({ name: `${before}${name}`, ask, expect }))
