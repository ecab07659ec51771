/** Older systems give an address in pieces (DB_HOST, DB_PORT, ...): here they become the one URL that we use. */
import type { Found } from './shapes.ts'

export interface Parts {
  /** Each field is looked for behind each of these: `DB_` and `HOST` make `DB_HOST`. */
  readonly prefixes: readonly string[]
  /** Needed besides HOST; without a host nothing is looked at. */
  readonly required: readonly string[]
  readonly optional: readonly string[]
  url(fields: Record<string, string | undefined>): string
}

export const databaseParts: Parts = {
  prefixes: ['DB_', 'DB__', 'DATABASE__', 'APP_DB_'],
  required: ['USER', 'NAME'],
  optional: ['PORT', 'PASSWORD'],
  url: ({ HOST = '', PORT = '5432', USER = '', PASSWORD, NAME = '' }) =>
    `postgres://${credentials(USER, PASSWORD)}${bracketed(HOST)}:${PORT}/${encodeURIComponent(NAME)}`,
}

export const redisParts: Parts = {
  prefixes: ['REDIS_', 'REDIS__', 'APP_REDIS_'],
  required: [],
  optional: ['PORT', 'PASSWORD', 'DB'],
  url: ({ HOST = '', PORT = '6379', PASSWORD, DB = '0' }) =>
    `redis://${PASSWORD ? credentials('', PASSWORD) : ''}${bracketed(HOST)}:${PORT}/${encodeURIComponent(DB)}`,
}

/**
 * @param take looks for the first of several variables
 * @param report takes what is missing
 * @returns the URL, coming from where the host came from; undefined where there is no host, or not enough
 */
export function joinParts(
  { prefixes, required, optional, url }: Parts,
  take: (names: string[], secret: boolean) => Found | undefined,
  report: (problem: string) => void,
): Found | undefined {
  const takeField = (field: string) => {
    const names = prefixes.map((prefix) => prefix + field)
    return take(names, field === 'PASSWORD')
  }
  const host = takeField('HOST')
  if (!host) return undefined
  const fields: Record<string, string | undefined> = { HOST: String(host.raw) }
  for (const field of [...required, ...optional]) {
    const found = takeField(field)
    fields[field] = found && String(found.raw)
  }
  const missing = required.filter((field) => fields[field] === undefined)
  if (missing.length === 0) return { ...host, raw: url(fields) }
  report(`${host.origin} is set, but not ${missing.map((field) => prefixes[0] + field).join(' and ')}: set all of them`)
  return undefined
}

function credentials(user: string, password = ''): string {
  return `${encodeURIComponent(user)}${password && `:${encodeURIComponent(password)}`}@`
}

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)
