/** What no setting can know by itself: the rules between them. */
import { isLoopback } from '../loopback.ts'
import { brokenAuthRules } from './auth-rules.ts'
import type { Settings } from './settings.ts'
import { brokenSslRules } from './ssl-rules.ts'
import { signsPeopleIn, type UpstreamConfig } from './upstream/kinds.ts'

/**
 * @param origins where each value came from, by path; a value that was refused has none, and is not complained about twice
 * @returns one sentence for each rule that is broken
 */
export function brokenRules(
  { server, auth, ssl, secretKey, proxyRegistration, registrations, onec }: Settings,
  origins: ReadonlyMap<string, string>,
): string[] {
  const problems: string[] = []
  const listens = { mcp: server.transport !== 'stdio', admin: server.admin }
  const from = (path: string) => origins.get(path) ?? 'unknown'

  if (listens.mcp && listens.admin && server.port === server.adminPort && server.port !== 0) {
    problems.push(
      `server.port (${from('server.port')}) and server.admin_port (${from('server.admin_port')}) must differ, got ${server.port} for both`,
    )
  }
  const exposed = (listens.mcp || listens.admin) && !isLoopback(server.host)
  if (secretKey !== null) {
    const weakness = weaknessOf(secretKey)
    if (weakness) problems.push(`secret_key ${weakness} (${from('secret_key')}): make one with \`openssl rand -base64 48\``)
  } else if (origins.has('secret_key') && (exposed || auth.mode === 'required')) {
    const why = exposed
      ? `others can reach ${server.host} (server.host, ${from('server.host')})`
      : `everybody must sign in (auth.mode, ${from('auth.mode')})`
    problems.push(`secret_key must be set, because ${why}: make one with \`openssl rand -base64 48\` and put it into SECRET_KEY`)
  }
  for (const [section, { cert, key }] of Object.entries({
    proxy_registration: proxyRegistration.ssl,
    registrations: registrations.ssl,
  })) {
    if ((cert === null) !== (key === null))
      problems.push(`${section}.ssl.cert and ${section}.ssl.key belong together: ${cert === null ? 'cert' : 'key'} is missing`)
  }
  if (onec.transport === 'http' && onec.url === null && onec.username !== null && origins.has('onec.url'))
    problems.push(
      `onec.url must be set, because onec.username is (${from('onec.username')}): the URL of the base, such as http://srv/base`,
    )
  return [...problems, ...brokenSslRules(ssl, origins), ...brokenAuthRules({ auth, secretKey }, origins)]
}

/** Nobody can sign in over stdio. */
export function unreachableSignIns({ server }: Settings, upstreams: readonly UpstreamConfig[]): string[] {
  if (server.transport !== 'stdio') return []
  return upstreams
    .filter(signsPeopleIn)
    .map(
      ({ name }) => `upstream ${name} has auth_mode oauth2, and people sign in over HTTP: server.transport must be sse or both`,
    )
}

/** One sentence for each upstream that wants to listen where somebody else does. */
export function sharedPorts({ server }: Settings, upstreams: readonly UpstreamConfig[]): string[] {
  const taken = new Map<number, string>()
  if (server.transport !== 'stdio') taken.set(server.port, 'server.port')
  if (server.admin) taken.set(server.adminPort, 'server.admin_port')
  const problems: string[] = []
  for (const upstream of upstreams) {
    if (upstream.kind !== 'onec' || upstream.way.transport !== 'httppoll' || upstream.disabled) continue
    const { port } = upstream.way
    const holder = taken.get(port)
    if (port === 0) continue
    if (holder)
      problems.push(`the port of upstream ${upstream.name} (transport httppoll) must differ from ${holder}, got ${port} for both`)
    else taken.set(port, `that of upstream ${upstream.name}`)
  }
  return problems
}

const placeholder = /change[-_ ]?(me|this|it)|your[-_ ]|secret|password|placeholder|example|insecure/i

const leastBytes = 32

/** How many random bytes a text of this length and these characters can hold: two characters of hexadecimal hold one, four of base64 three. */
function bytesIn(key: string): number {
  if (/^[\da-f]+$/i.test(key)) return Math.floor(key.length / 2)
  const base64 = /^([\w+/-]+)={0,2}$/.exec(key)?.[1]
  return base64 === undefined ? key.length : Math.floor((base64.length * 3) / 4)
}

function weaknessOf(key: string): string | undefined {
  if (placeholder.test(key)) return 'must be random, but looks like a placeholder'
  const bytes = bytesIn(key)
  if (bytes < leastBytes) return `must hold at least ${leastBytes} random bytes, got about ${bytes}`
  if (new Set(key).size < 8 || /^(.{1,16})\1+$/s.test(key)) return 'must be random, but repeats itself'
  return undefined
}
