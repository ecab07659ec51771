/** What is promised to clients that people of this server let in: the official ones find their way alone, from the first 401 to the last refresh. */
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
  UnauthorizedError as ModernUnauthorized,
} from '@modelcontextprotocol/client'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditLog } from '../app/store/schema.ts'
import { textOf } from './clients.ts'
import { startBelow } from './fakes/below.ts'
import { type ClientSite, startClientSite } from './fakes/client-site.ts'
import { type LettingIn, people, startLettingIn } from './fakes/letting-in.ts'
import { type Credentials, type Decision, letIn, Program, signInAt } from './fakes/person.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { until } from './until.ts'

let store: OpenStore
let site: ClientSite
beforeAll(async () => {
  store = await openEmbedded()
  site = await startClientSite()
})
afterAll(() => Promise.all([store.close(), site.stop()]))

let server: LettingIn
const open: { close(): Promise<void> }[] = []
beforeEach(async () => {
  server = await startLettingIn(store, { private: true, ca: site.ca })
})
afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
  await server.stop()
})

const info = { name: 'test', version: '1' }

/** As the client of the session era does it. */
async function connect(
  who: Credentials,
  { program = new Program(), wire = 'http', ...decision }: Decision & { program?: Program; wire?: 'http' | 'sse' } = {},
) {
  const transport = () =>
    wire === 'http'
      ? new StreamableHTTPClientTransport(new URL('/mcp', server.url), { authProvider: program })
      : new SSEClientTransport(new URL('/sse', server.url), { authProvider: program })
  const first = transport()
  await expect(new Client(info).connect(first)).rejects.toThrow(UnauthorizedError)
  await first.finishAuth((await letIn(program.page!, who, decision)).get('code')!)
  const client = new Client(info)
  await client.connect(transport())
  open.push(client)
  return { client, program }
}

/** As the client of 2026-07-28 does it, which also looks at who answers (RFC 9207). */
async function connectModern(who: Credentials, { program = new Program(), ...decision }: Decision & { program?: Program } = {}) {
  const transport = () => new ModernTransport(new URL('/mcp', server.url), { authProvider: program as never })
  const first = transport()
  const options = { versionNegotiation: { mode: 'auto' } } as const
  await expect(new ModernClient(info, options).connect(first)).rejects.toThrow(ModernUnauthorized)
  await first.finishAuth(await letIn(program.page!, who, decision))
  const second = transport()
  const client = new ModernClient(info, options)
  await client.connect(second)
  open.push(client)
  return { client, program, transport: second }
}

const namesOf = async (client: Pick<Client, 'listTools'>) => (await client.listTools()).tools.map(({ name }) => name).sort()

describe.each(['http', 'sse'] as const)('the client of the session era over %s', (wire) => {
  test('registers, is let in, lists and calls what was given', async () => {
    const { client, program } = await connect(people.operator, { wire })
    expect(program.clientInformation()?.client_id).toMatch(/^swd_/)
    expect(await namesOf(client)).toEqual(['look', 'ship'])
    expect(textOf(await client.callTool({ name: 'ship' }))).toBe('ship')
  })
})

test('the client of 2026-07-28 does the same, and finds that the answer comes from whom it asked', async () => {
  const { client } = await connectModern(people.operator)
  expect(await namesOf(client as never)).toEqual(['look', 'ship'])
  expect(textOf(await client.callTool({ name: 'ship' }))).toBe('ship')
})

test('a client with a document needs no registration, and its document is read once', async () => {
  const program = new Program()
  program.clientMetadataUrl = site.describe('/described.json')
  const { client } = await connect(people.operator, { program })
  expect(program.clientInformation()?.client_id).toBe(`${site.url}/described.json`)
  expect(await namesOf(client)).toEqual(['look', 'ship'])
  expect(site.asked.get('/described.json')).toBe(1)
  expect(await server.consents.list({ id: 'x', name: 'x', scopes: ['admin'] })).toMatchObject([
    { client: 'A described program', client_url: `${site.url}/described.json`, person: 'olga', scopes: ['read', 'call'] },
  ])
})

test('an address that makes too many documents be read is told when to come back', async () => {
  const page = (nth: number) => `${server.url}/authorize?client_id=${encodeURIComponent(`${site.url}/nothing-${nth}.json`)}`
  const statuses: number[] = []
  for (let nth = 0; nth < 20; nth++) statuses.push((await fetch(page(nth))).status)
  expect(statuses).not.toContain(429)
  const refused = await fetch(page(20))
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.text()).toContain('More than 20 programs to be read about in 10 minutes')
})

test('a client finds its way to a server below a path of another', async () => {
  const below = await startBelow('/tools')
  open.push({ close: () => below.stop() })
  await server.stop()
  server = await startLettingIn(store, undefined, { MCP_PUBLIC_URL: below.url })
  below.to = server.url
  const program = new Program()
  const transport = () => new ModernTransport(new URL(`${below.url}/mcp`), { authProvider: program as never })
  const first = transport()
  await expect(new ModernClient(info).connect(first)).rejects.toThrow(ModernUnauthorized)
  expect(program.page!.href).toMatch(`${below.url}/authorize?`)
  await first.finishAuth(await letIn(program.page!, people.operator))
  const client = new ModernClient(info)
  await client.connect(transport())
  open.unshift(client)
  expect(await namesOf(client as never)).toEqual(['look', 'ship'])
})

test('a client refreshes by itself', async () => {
  const { program } = await connect(people.operator)
  const before = program.kept!
  program.kept = { ...before, access_token: `swt_${'x'.repeat(43)}` }
  const client = new Client(info)
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', server.url), { authProvider: program }))
  open.push(client)
  expect(await namesOf(client)).toEqual(['look', 'ship'])
  expect(program.kept.refresh_token).not.toBe(before.refresh_token)
})

test.each([
  ['admin', ['read', 'call']],
  ['operator', ['read', 'call']],
  ['viewer', ['read']],
] as const)('a program that asks for nothing in particular is offered to %s as %j', async (role, scopes) => {
  const { program } = await connect(people[role])
  expect(program.kept?.scope).toBe(scopes.join(' '))
})

test('what is left unticked is not given', async () => {
  const { client, program } = await connect(people.operator, { scopes: ['read'] })
  expect(program.kept?.scope).toBe('read')
  expect(await namesOf(client)).toEqual(['look'])
})

test('a client that needs more asks the person again, and goes on', async () => {
  const { client, program, transport } = await connectModern(people.operator, { scopes: ['read'] })
  await expect(client.callTool({ name: 'ship' })).rejects.toThrow(ModernUnauthorized)
  expect(program.page!.searchParams.get('scope')).toBe('read call')
  await transport.finishAuth(await letIn(program.page!, people.operator))
  expect(textOf(await client.callTool({ name: 'ship' }))).toBe('ship')
  expect(await namesOf(client as never)).toEqual(['look', 'ship'])
})

test('a session sees what its person gave since, and hears that there is more', async () => {
  const { client, program } = await connect(people.operator, { scopes: ['read'] })
  expect(await namesOf(client)).toEqual(['look'])
  let heard = 0
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard++)
  program.kept = (await connect(people.operator)).program.kept
  expect(await namesOf(client)).toEqual(['look', 'ship'])
  await until('it was told', () => heard > 0)
})

describe('what a call lacks is said with 403 before anything else, in both eras', () => {
  const call = (name: string) => ({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name } })
  const post = (token: string, message: object) =>
    fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify(message),
    })

  test.each([
    ['ship', 'read call'],
    ['rule', 'read admin'],
    ['nothing of this name', 'read call'],
  ])('%s needs %s', async (name, scope) => {
    const { program } = await connect(people.admin, { scopes: ['read'] })
    const answer = await post(program.kept!.access_token, call(name))
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${server.url}/.well-known/oauth-protected-resource/mcp"`,
    )
    expect(await answer.json()).toMatchObject({ id: 7, error: { code: -32003, data: { code: 'forbidden' } } })
  })

  test('whom no consent could help is not sent to ask for one', async () => {
    const { client, program } = await connect(people.viewer)
    const page = program.page
    await expect(client.callTool({ name: 'ship' })).rejects.toThrow('needs the call scope')
    expect(program.page).toBe(page)
  })
})

test('admin is offered to admins alone, only when it is asked for, and never ticked before', async () => {
  const { program } = await connect(people.admin, { scopes: ['read'] })
  const page = new URL(program.page!)
  page.searchParams.set('scope', 'read call admin register offline_access')
  expect([...(await signInAt(page, people.admin)).scopes]).toEqual([
    ['read', true],
    ['call', true],
    ['admin', false],
  ])
  expect([...(await signInAt(page, people.operator)).scopes.keys()]).toEqual(['read', 'call'])
})

test('who says no sends the program away with access_denied', async () => {
  const program = new Program()
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', server.url), { authProvider: program })
  await expect(new Client(info).connect(transport)).rejects.toThrow(UnauthorizedError)
  const said = await letIn(program.page!, people.operator, { decision: 'deny' })
  expect(Object.fromEntries(said)).toEqual({ error: 'access_denied', state: 'the state', iss: server.url })
})

test('a program that a changed SECRET_KEY has made unknown registers again', async () => {
  const program = new Program()
  program.saveClientInformation({ client_id: 'swd_v1.bm90IG91cnM', redirect_uris: [program.redirectUrl] })
  const refused = await fetch(`${server.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'swd_v1.bm90IG91cnM' }),
  })
  expect([refused.status, await refused.json()]).toMatchObject([401, { error: 'invalid_client' }])
})

describe('what was given ends', () => {
  const all = { id: 'user:somebody', name: 'root', scopes: ['admin'] } as const

  test('when it is taken back: at once, in an open session too, and the audit log says who did it', async () => {
    const { client } = await connect(people.operator)
    const [grant] = await server.consents.list(all)
    await server.consents.revoke(grant!.id, all)
    await expect(client.callTool({ name: 'look' })).rejects.toThrow()
    expect(await server.consents.list(all)).toEqual([])
    const rows = await store.database.db.select().from(auditLog).orderBy(auditLog.id)
    const told = rows.map(({ actor, action, target }) => [actor, action, target])
    expect(told).toEqual([
      ['olga', 'grant_created', `grant:${grant!.id}`],
      ['root', 'grant_revoked', `grant:${grant!.id}`],
    ])
    expect(rows[0]).toMatchObject({ address: '127.0.0.1', details: { client_name: 'a program', scopes: ['read', 'call'] } })
  })

  test('when the account is put out of force', async () => {
    const { client, program } = await connect(people.operator)
    await server.change('olga', { isActive: false })
    await until('the token is refused', () =>
      client.callTool({ name: 'look' }).then(
        () => false,
        () => true,
      ),
    )
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: program.kept!.refresh_token!,
      client_id: program.clientInformation()!.client_id,
    }
    await fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams(refresh) })
    expect(await server.authorization.verify(program.kept!.access_token)).toBeUndefined()
  })

  test('as far as a new role does not allow it', async () => {
    const { client } = await connect(people.operator)
    await server.change('olga', { role: 'viewer' })
    await until('the tool is gone', async () => (await namesOf(client)).join() === 'look')
    await expect(client.callTool({ name: 'ship' })).rejects.toThrow('needs the call scope')
  })

  test('by nobody else: people see and end what they gave themselves', async () => {
    await connect(people.operator)
    const { client, program } = await connect(people.viewer)
    const olgas = (await server.consents.list(all)).find(({ person }) => person === 'olga')!
    const vera = (await server.authorization.verify(program.kept!.access_token))!
    const herself = { id: vera.id, name: vera.name, scopes: vera.scopes }
    expect((await server.consents.list(herself)).map(({ person }) => person)).toEqual(['vera'])
    await expect(server.consents.revoke(olgas.id, herself)).rejects.toThrow('you gave nothing of this id')
    await expect(server.consents.revoke(olgas.id, vera)).rejects.toThrow('use the panel')
    await client.callTool({ name: 'look' })
  })
})

test('a refresh may ask for less, and the next one for all of it again', async () => {
  const { program } = await connect(people.operator)
  const client_id = program.clientInformation()!.client_id
  const refresh = async (refresh_token: string, more: Record<string, string> = {}) => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token, client_id, ...more })
    return (await (await fetch(`${server.url}/token`, { method: 'POST', body })).json()) as Record<string, string>
  }
  const less = await refresh(program.kept!.refresh_token!, { scope: 'read' })
  expect(less.scope).toBe('read')
  expect((await server.authorization.verify(less.access_token!))?.scopes).toEqual(['read'])
  expect(await server.authorization.verify(less.access_token!.replace('.read', ''))).toBeUndefined()
  expect(await refresh(less.refresh_token!, { scope: 'read admin' })).toMatchObject({ error: 'invalid_scope' })
  const again = await refresh(less.refresh_token!)
  expect(again.scope).toBe('read call')
  expect((await server.authorization.verify(again.access_token!))?.scopes).toEqual(['read', 'call'])
})
