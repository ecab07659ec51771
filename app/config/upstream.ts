/** One upstream: what may be said about it, read and checked. */
import { maskUrl } from './mask.ts'
import { type OAuthConfig, readOAuth } from './oauth.ts'
import { kindOf, shown } from './problems.ts'
import { choice, orNull, type Place, path, type Shape, seconds, text, url, yesNo } from './shapes.ts'

export interface UpstreamConfig {
  name: string
  kind: 'mcp'
  /** Put in front of its names; empty keeps them. */
  prefix: string
  /** Seconds. */
  timeout: number
  disabled: boolean
  /** `client`: a connection for every client where the server keeps something for it; `shared`: one for all. */
  sessions: 'client' | 'shared'
  /** Which revisions it is spoken to in; `auto` finds out. */
  protocol: 'auto' | 'legacy' | 'modern'
  /** How we sign in there, where it is said; false: never. */
  oauth?: OAuthConfig | false
  transport:
    | { type: 'stdio'; command: string; args: string[]; env: Record<string, string>; cwd: string | null }
    | { type: 'http' | 'sse'; url: string; headers: Record<string, string> }
}

/** What a file says about one upstream. */
export interface Entry {
  /** Where it stands, for messages: `mcpServers.files`. */
  readonly label: string
  readonly name: string
  readonly members: Record<string, unknown>
}

/** Takes one sentence about something that is wrong. */
export type Report = (problem: string) => void

export const ownMembers = [
  'name',
  'kind',
  'prefix',
  'timeout',
  'disabled',
  'type',
  'command',
  'args',
  'env',
  'cwd',
  'url',
  'headers',
  'sessions',
  'protocol',
  'oauth',
]

const transportType = choice(['stdio', 'http', 'sse'], {
  'streamable-http': 'http',
  streamable_http: 'http',
  streamablehttp: 'http',
})
const httpUrl = url(['http', 'https'], 'an http:// or https:// URL')
const prefixText = text('at most 40 letters, digits, _ or -', /^[A-Za-z0-9_-]{0,40}$/)

/** YAML and JSON have numbers where a command line and a header have text. */
const scalar = (raw: unknown): string | undefined =>
  ['string', 'number', 'boolean'].includes(typeof raw) ? String(raw) : undefined

const texts: Shape<string[]> = {
  expected: 'a list of nothing but text',
  read(raw) {
    const read = Array.isArray(raw) ? raw.map(scalar) : [undefined]
    return read.every((entry) => entry !== undefined) ? read : undefined
  },
}

const namedTexts: Shape<Record<string, string>> = {
  expected: 'a mapping from names to nothing but text',
  read(raw) {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined
    const read = Object.entries(raw).map(([name, value]) => [name, scalar(value)])
    return read.every(([, value]) => value !== undefined) ? Object.fromEntries(read) : undefined
  },
}

/**
 * @param timeout seconds, where the entry says nothing else
 * @returns undefined where it is not clear how to reach it; everything that is wrong was reported
 */
export function readUpstream(
  { label, name, members }: Entry,
  { place, timeout, report }: { place: Place; timeout: number; report: Report },
): UpstreamConfig | undefined {
  const has = (key: string) => members[key] !== undefined && members[key] !== null

  /** One member, or the other value where it is missing or wrong. `show` is for what may hold a secret. */
  function read<T>(key: string, shape: Shape<T>, otherwise: T, show: (raw: unknown) => string = shown): T {
    if (!has(key)) return otherwise
    const value = shape.read(members[key], place)
    if (value === undefined) report(`${label}: ${key} must be ${shape.expected}, got ${show(members[key])}`)
    return value ?? otherwise
  }

  const common = {
    name,
    kind: 'mcp' as const,
    prefix: read('prefix', prefixText, `${name}_`),
    timeout: read('timeout', seconds('100ms', '1d'), timeout),
    disabled: read('disabled', yesNo, false),
    sessions: read('sessions', choice(['client', 'shared']), 'client' as const),
    protocol: read('protocol', choice(['auto', 'legacy', 'modern']), 'auto' as const),
  }
  const command = read('command', text('a program'), '', kindOf)
  const address = read('url', httpUrl, '', (raw) => maskUrl(String(raw)))
  const args = read('args', texts, [], kindOf)
  const env = read('env', namedTexts, {}, kindOf)
  const cwd = read('cwd', orNull(path), null)
  const headers = read('headers', namedTexts, {}, kindOf)
  const oauth = readOAuth(label, members.oauth, report)
  const type = read('type', transportType, has('command') ? 'stdio' : typeOf(address))

  if (has('command') === has('url')) {
    report(`${label} must have either command (a program to start) or url (a server to connect to)`)
    return undefined
  }
  const needed = type === 'stdio' ? 'command' : 'url'
  if (!has(needed)) report(`${label}: type ${type} needs ${needed}`)
  if (oauth) {
    if (type === 'stdio') report(`${label}: oauth is for servers with a url; a program gets its credentials in env`)
    else if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
      report(`${label} has both oauth and a header Authorization: leave one of them out`)
  }
  const transport = type === 'stdio' ? { type, command, args, env, cwd } : { type, url: address, headers }
  return { ...common, ...(oauth === undefined ? {} : { oauth }), transport }
}

/** A URL says by its last word which of the two HTTP transports it speaks. */
function typeOf(address: string): 'http' | 'sse' {
  return URL.canParse(address) && /\/sse\/?$/.test(new URL(address).pathname) ? 'sse' : 'http'
}
