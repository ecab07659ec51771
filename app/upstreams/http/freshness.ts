/** How long an answer may be used again, and by whom, as the service says (RFC 9111). */

type Headers = Readonly<Record<string, string | string[] | undefined>>

export interface Freshness {
  /** Seconds that it may be used without asking. */
  readonly seconds: number
  /** Good for whoever asked alone. */
  readonly personal: boolean
  /** What asks the service whether it is still the same. */
  readonly validators: Record<string, string>
}

/** Answers that depend on these depend on who asks. */
const aboutCaller = new Set(['authorization', 'cookie'])
const longest = 86_400

/** @returns undefined for an answer that must not be kept, or that there is no use in keeping */
export function freshnessOf(headers: Headers): Freshness | undefined {
  const said = directives(text(headers, 'cache-control'))
  const vary = text(headers, 'vary')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  // Who gets a cookie is somebody in particular.
  if (said.has('no-store') || vary.includes('*') || headers['set-cookie'] !== undefined) return undefined
  const age = Number(text(headers, 'age')) || 0
  const allowed = said.has('no-cache') ? 0 : Number(said.get('max-age') ?? 0) - age
  const seconds = Number.isFinite(allowed) ? Math.min(longest, Math.max(0, allowed)) : 0
  const [etag, modified] = [text(headers, 'etag'), text(headers, 'last-modified')]
  const validators = { ...(etag ? { 'if-none-match': etag } : {}), ...(modified ? { 'if-modified-since': modified } : {}) }
  if (seconds === 0 && Object.keys(validators).length === 0) return undefined
  return { seconds, personal: said.has('private') || vary.some((name) => aboutCaller.has(name)), validators }
}

const text = (headers: Headers, name: string): string => [headers[name] ?? ''].flat().join(', ')

/** `max-age=60, private` as names and values. */
function directives(value: string): Map<string, string> {
  const parts = value.split(',').map((part) => part.trim().split('=', 2))
  return new Map(parts.map(([name = '', of = '']) => [name.toLowerCase(), of.replace(/^"|"$/g, '')]))
}
