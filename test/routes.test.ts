/**
 * Every route that the running server has, asked with every kind of credential. What is public stands in one table; whatever is new and not in it
 * has to refuse, or this fails.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Scope } from '../app/call.ts'
import type { Route } from '../app/http.ts'
import { newKeyText } from '../app/keys/text.ts'
import { day } from '../app/keys/wish.ts'
import { sessions } from '../app/store/schema.ts'
import { addUser, signIn, type Visitor } from './fakes/admin.ts'
import { openKeys, secretKey } from './fakes/keys.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** What answers without a credential, and why that is right. */
const open: Record<string, string> = {
  'mcp GET /': 'says what this is',
  'mcp GET /info': 'says what this is',
  'mcp GET /docs': 'the page, which is the same for everybody; what it shows is fetched with a credential',
  'mcp GET /docs/': 'as above',
  'mcp GET /docs/page.js': 'as above',
  'mcp GET /docs/swagger-ui.css': 'as above',
  'mcp GET /docs/swagger-ui-bundle.js': 'as above',
  'mcp GET /docs/favicon-32x32.png': 'as above',
  'mcp GET /health': 'one word for probes; details only for callers that are known',
  'mcp GET /health/live': 'probes have no credential',
  'mcp GET /health/ready': 'probes have no credential',
  'mcp GET /metrics': 'Prometheus has none either; from outside a private network one is needed (behind-proxies.test.ts)',
  'mcp GET /proxy/health': 'clients of proxies look for it before they register',
  'mcp GET /.well-known/oauth-protected-resource': 'where a client finds out who can let it in',
  'mcp GET /.well-known/oauth-protected-resource/*': 'as above',
  'mcp GET /.well-known/oauth-authorization-server': 'as above',
  'mcp GET /.well-known/oauth-authorization-server/*': 'as above',
  'mcp GET /.well-known/openid-configuration': 'as above',
  'mcp GET /.well-known/openid-configuration/*': 'as above',
  'mcp GET /:path{mcp|sse|ws}/.well-known/openid-configuration': 'as above',
  'mcp GET /.well-known/no-keys.json': 'there are none',
  'mcp GET /authorize': 'here people sign in',
  'mcp POST /authorize': 'as above',
  'mcp POST /authorize/consent': 'what counts is what was sealed for whoever signed in',
  'mcp POST /token': 'with a code or a refresh token',
  'mcp POST /revoke': 'with the token that is to end',
  'mcp POST /oauth/register': 'a client says who it is; nothing is kept of it',
  'admin GET /': 'the panel, which shows a sign-in',
  'admin GET /welcome': 'where the first admin chooses a password, with a link that nobody else has',
  'admin GET /assets/*': 'scripts and styles of the panel',
  'admin GET /icon.svg': 'as above',
  'admin GET /health': 'as on the other port',
  'admin GET /health/live': 'as on the other port',
  'admin GET /health/ready': 'as on the other port',
  'admin GET /metrics': 'as on the other port',
  'admin POST /api/v1/auth/login': 'here one gets a session',
  'mcp POST /api/v1/auth/token': 'here one gets a token',
  'admin POST /api/v1/auth/token': 'as on the other port',
  'admin GET /api/v1/auth/ways': 'the sign-in shows them',
  'admin POST /api/v1/auth/welcome': 'with a link that nobody else has',
  'admin GET /oauth/callback': 'a browser comes back from elsewhere: what counts is the state that it brings',
}

/** What a credential that may only read is refused. */
const needsMore = new Set([
  'mcp POST /register',
  'mcp POST /unregister',
  'mcp POST /heartbeat',
  'mcp POST /proxy/heartbeat',
  // Of a command that is not there no more is said than of one that is.
  'mcp POST /api/commands/:name',
  'admin GET /api/v1/tools/executions/history',
  'admin GET /api/v1/tools/executions/:id',
  'admin POST /api/v1/upstreams/:name/sign-in',
  'admin POST /api/v1/upstreams/:name/sign-out',
  'admin GET /api/v1/upstreams',
  'admin GET /api/v1/approvals',
  'admin GET /api/v1/config',
  'admin GET /api/v1/pins',
  'admin GET /api/v1/keys',
  'admin GET /api/v1/explain',
  'admin GET /api/v1/users',
  'admin POST /api/v1/users/:id/sign-out',
  'admin GET /api/v1/audit',
  'admin DELETE /api/v1/keys/:id',
  'admin GET /api/v1/sessions',
])

let dataDir: string
let system: TestSystem
let store: OpenStore
let key: (name: string, life: number, ...scopes: Scope[]) => Promise<string>
let credentials: Record<'none' | 'wrong' | 'expired' | 'revoked' | 'reading' | 'right' | 'other', Record<Route['port'], Headers>>
type Headers = Record<string, string>

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-routes-'))
  system = await start({ env: { SECRET_KEY: secretKey }, flags: { host: '0.0.0.0' }, dataDir })
  store = await openEmbedded(undefined, dataDir)
  const keys = openKeys(store.database)
  key = async (name, life, ...scopes) => (await keys.create({ name, scopes, life }, 'test')).text
  for (const [name, role] of [
    ['ada', 'admin'],
    ['vera', 'viewer'],
    ['gone', 'admin'],
    ['late', 'admin'],
  ] as const)
    await addUser(store.database, name, role)
  const [ada, vera, gone, late] = [
    await signIn(system.adminUrl, 'ada'),
    await signIn(system.adminUrl, 'vera'),
    await signIn(system.adminUrl, 'gone'),
    await signIn(system.adminUrl, 'late'),
  ]
  const [right, reading] = [await key('right', day, 'read', 'call', 'admin', 'register'), await key('reading', day, 'read')]
  const [expired, revoked] = [await key('expired', 1, 'read', 'call', 'admin', 'register'), await key('revoked', day, 'read')]
  await keys.revoke(revoked, 'test')
  await gone.post('auth/logout', {})
  const { hash } = await hashOf(late)
  await store.database.db
    .update(sessions)
    .set({ expiresAt: new Date(Date.now() - 1_000) })
    .where(hash)
  await new Promise((resolve) => setTimeout(resolve, 5_500)) // a verdict about a session is kept for five seconds
  credentials = {
    none: { mcp: {}, admin: {} },
    wrong: { mcp: bearer(newKeyText().text), admin: { cookie: `switchyard_session=${'x'.repeat(43)}`, 'x-csrf-token': 'x' } },
    expired: { mcp: bearer(expired), admin: cookie(late) },
    revoked: { mcp: bearer(revoked), admin: cookie(gone) },
    reading: { mcp: bearer(reading), admin: cookie(vera) },
    right: { mcp: bearer(right), admin: cookie(ada) },
    other: { mcp: cookie(ada), admin: bearer(right) },
  }
})
afterAll(async () => {
  await store?.close()
  await system?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const bearer = (text: string): Headers => ({ authorization: `Bearer ${text}` })
const cookie = ({ cookie, csrf }: Visitor): Headers => ({ cookie, 'x-csrf-token': csrf })

async function hashOf({ cookie: text }: Visitor) {
  const { eq } = await import('drizzle-orm')
  const { sha256 } = await import('../app/sha256.ts')
  return { hash: eq(sessions.tokenHash, sha256(text.split('=')[1]!)) }
}

const nameOf = ({ port, method, path }: Route) => `${port} ${method} ${path}`

/** The status of every route with this kind of credential, by the route's name. */
async function askAll(kind: keyof typeof credentials, routes: readonly Route[]): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {}
  const good = kind === 'right' || kind === 'reading'
  for (const route of routes.filter((route) => !good || !endsToo(route)))
    statuses[nameOf(route)] = await ask(route, credentials[kind][route.port])
  return statuses
}

async function ask({ port, method, path }: Route, headers: Headers): Promise<number> {
  const base = port === 'mcp' ? system.url : system.adminUrl
  const url = base + path.replace(/:\w+|\*/g, '00000000-0000-4000-8000-000000000000')
  if (path === '/ws') return upgrade(url, headers)
  // A route that takes any method is asked in the way that does something.
  const verb = method === 'ALL' ? (path.startsWith('/sse') && !path.includes('messages') ? 'GET' : 'POST') : method
  const content = verb === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json', ...headers } }
  const abort = new AbortController()
  const response = await fetch(url, { method: verb, headers, redirect: 'manual', signal: abort.signal, ...content })
  abort.abort()
  return response.status
}

function upgrade(url: string, headers: Headers): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'), 'mcp', { headers })
    const ended = (status: number) => {
      resolve(status)
      socket.terminate()
    }
    socket.on('unexpected-response', (_, { statusCode = 0 }) => ended(statusCode)).on('open', () => ended(101))
    socket.on('error', reject)
  })
}

/** Whatever ends the session is asked last; one of the two is enough, the other is tried in users.test.ts. */
const isLast = ({ path }: Route) => path.endsWith('/logout')
const endsToo = ({ path }: Route) => path.endsWith('/sign-out-everywhere')

function routesThat(are: 'open' | 'closed'): Route[] {
  // Of a path with a method of its own, all others say the same to everybody: that they are not for it.
  const specific = new Set(system.routes.flatMap(({ port, method, path }) => (method === 'ALL' ? [] : [`${port} ${path}`])))
  const routes = system.routes.filter(({ port, method, path }) => method !== 'ALL' || !specific.has(`${port} ${path}`))
  const chosen = routes.filter((route) => Object.hasOwn(open, nameOf(route)) === (are === 'open'))
  return [...chosen.filter((route) => !isLast(route)), ...chosen.filter(isLast)]
}

test('the table names no route that is not there', () => {
  const there = new Set(system.routes.map(nameOf))
  expect([...Object.keys(open), ...needsMore].filter((name) => !there.has(name))).toEqual([])
  expect(system.routes.length).toBeGreaterThan(50)
})

test('what is public answers without a credential', async () => {
  const refused = Object.entries(await askAll('none', routesThat('open'))).filter(([name, status]) => {
    // These two ask for what nobody has.
    return (status === 401 || status === 403) && !name.startsWith('admin POST /api/v1/auth/')
  })
  expect(refused).toEqual([])
})

describe('everything else', () => {
  test.each(['none', 'wrong', 'expired', 'revoked', 'other'] as const)('refuses a credential that is %s', async (kind) => {
    const passed = Object.entries(await askAll(kind, routesThat('closed'))).filter(([, status]) => status !== 401)
    expect(passed).toEqual([])
  })

  test('takes the right one', async () => {
    const refused = Object.entries(await askAll('right', routesThat('closed'))).filter(
      ([, status]) => status === 401 || status === 403 || status >= 500,
    )
    expect(refused).toEqual([])
  })

  test('takes one that may only read where nothing more is needed, and says 403 elsewhere', async () => {
    const statuses = await askAll('reading', routesThat('closed'))
    const forbidden = Object.entries(statuses).flatMap(([name, status]) => (status === 403 ? [name] : []))
    expect(forbidden.sort()).toEqual([...needsMore].sort())
    expect(Object.values(statuses)).not.toContain(401)
  })
})
