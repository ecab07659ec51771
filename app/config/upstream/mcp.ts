/** An MCP server: what may be said about it, read and checked. */
import { mask, maskArguments, maskUrl, maskValues } from '../mask.ts'
import { kindOf } from '../problems.ts'
import { choice, orNull, path, text, url } from '../shapes.ts'
import { type Common, type Context, commonMembers, type Entry, namedTexts, readerOf, texts } from './entry.ts'
import { type OAuthConfig, readOAuth } from './oauth.ts'

export interface McpConfig extends Common {
  readonly kind: 'mcp'
  /** `client`: a connection for every client where the server keeps something for it; `shared`: one for all. */
  readonly sessions: 'client' | 'shared'
  /** Which revisions it is spoken to in; `auto` finds out. */
  readonly protocol: 'auto' | 'legacy' | 'modern'
  /** How we sign in there, where it is said; false: never. */
  readonly oauth?: OAuthConfig | false
  readonly transport: McpTransport
}

export type McpTransport =
  | { type: 'stdio'; command: string; args: string[]; env: Record<string, string>; cwd: string | null }
  | { type: 'http' | 'sse'; url: string; headers: Record<string, string> }

export const mcpMembers = [
  ...commonMembers,
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

/** @returns undefined where it is not clear how to reach it; everything that is wrong was reported */
export function readMcp(entry: Entry, context: Context): McpConfig | undefined {
  const { label, members } = entry
  const { report } = context
  const { has, read, common } = readerOf(entry, context)
  const rest = {
    kind: 'mcp' as const,
    sessions: read('sessions', choice(['client', 'shared']), 'client' as const),
    protocol: read('protocol', choice(['auto', 'legacy', 'modern']), 'auto' as const),
  }
  const command = read('command', text('a program'), '', kindOf)
  const address = read('url', httpUrl, '', (raw) => maskUrl(String(raw)))
  const args = read('args', texts, [], kindOf)
  const env = read('env', namedTexts, {}, kindOf)
  const cwd = read('cwd', orNull(path), null)
  const headers = read('headers', namedTexts, {}, kindOf)
  const oauth = readOAuth(label, members.oauth, context)
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
  return { ...common, ...rest, ...(oauth === undefined ? {} : { oauth }), transport }
}

/** A URL says by its last word which of the two HTTP transports it speaks. */
function typeOf(address: string): 'http' | 'sse' {
  return URL.canParse(address) && /\/sse\/?$/.test(new URL(address).pathname) ? 'sse' : 'http'
}

export function showMcp({ transport, oauth, ...upstream }: McpConfig): object {
  return {
    ...upstream,
    ...(oauth === undefined ? {} : { oauth: oauth && { ...oauth, clientSecret: oauth.clientSecret === null ? null : mask } }),
    transport:
      transport.type === 'stdio'
        ? { ...transport, args: maskArguments(transport.args), env: maskValues(transport.env) }
        : { ...transport, url: maskUrl(transport.url), headers: maskValues(transport.headers) },
  }
}
