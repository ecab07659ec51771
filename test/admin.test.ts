import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Executed, ExecutionView, SessionView, ToolView } from '../admin/wire.ts'
import type { Call, Command } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { connect } from './clients.ts'
import { addUser, password, problemOf, signIn, startAdmin, type TestAdmin, Visitor } from './fakes/admin.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

const testTool = (name: string, run: (call: Call) => Promise<Record<string, unknown>>): Command => ({
  kind: 'tool',
  name,
  owner: 'test',
  scope: 'call',
  definition: { name, description: name, inputSchema: { type: 'object' } },
  run,
})

const brokenTools = [
  testTool('refusing', async () => {
    throw new Failure('failed', 'the printer is out of paper')
  }),
  testTool('complaining', async () => ({ isError: true, content: [{ type: 'text', text: 'no such customer' }] })),
  testTool('crashing', async () => {
    throw new Error('cannot read /srv/secret/place')
  }),
]

let system: TestSystem
let store: OpenStore
let admin: TestAdmin
let ada: Visitor
beforeAll(async () => {
  system = await start()
  system.yard.catalog.offer('test', brokenTools)
  store = await stores[0]!.open()
  admin = await startAdmin(system.yard, store.database)
  await addUser(store.database, 'ada', 'admin')
  await addUser(store.database, 'oscar', 'operator')
  await addUser(store.database, 'vera', 'viewer')
  ada = await signIn(admin.url, 'ada')
})
afterAll(async () => {
  await admin.stop()
  await store.close()
  await system.stop()
})

test('answers nobody without a session, on no route', async () => {
  const open = ['login', 'welcome', 'token', 'ways'].map((path) => `/api/v1/auth/${path}`)
  const routes = admin.app.routes.filter(
    ({ path, method }) => path.startsWith('/api/') && method !== 'ALL' && !open.includes(path),
  )
  expect(routes.length).toBeGreaterThan(10)
  const paths = [...routes, { method: 'GET', path: '/api/v1/nothing' }, { method: 'GET', path: '/api/nothing' }]
  for (const { method, path } of paths) {
    const response = await fetch(admin.url + path.replace(/:\w+/, 'something'), { method })
    expect([method, path, response.status, (await problemOf(response)).code]).toEqual([method, path, 401, 'AUTHENTICATION_ERROR'])
  }
})

test('changes nothing without the CSRF token', async () => {
  const without = await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: 'x' } }, { 'X-CSRF-Token': '' })
  expect([without.status, (await problemOf(without)).code]).toEqual([403, 'AUTHORIZATION_ERROR'])
})

test.each([
  ['another port of this machine', { Origin: 'http://127.0.0.1:1' }],
  ['another site', { Origin: 'https://evil.example' }],
  ['a sandboxed page', { Origin: 'null' }],
  ['a sister site', { 'Sec-Fetch-Site': 'same-site' }],
  ['a link elsewhere', { 'Sec-Fetch-Site': 'cross-site' }],
])('takes nothing from %s, not even a sign-in', async (_, headers) => {
  const call = await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: 'x' } }, headers)
  expect(call.status).toBe(403)
  const login = await new Visitor(admin.url).post('auth/login', { name: 'ada', password }, headers)
  expect(login.status).toBe(403)
})

test('lets a viewer look but not call, and an operator call but not see the history', async () => {
  const vera = await signIn(admin.url, 'vera')
  expect(Object.keys((await (await vera.get('tools')).json()) as object)).not.toContain('echo')
  expect((await vera.post('tools/execute', { tool_name: 'echo', parameters: { message: 'x' } })).status).toBe(403)
  const oscar = await signIn(admin.url, 'oscar')
  expect((await oscar.post('tools/execute', { tool_name: 'echo', parameters: { message: 'x' } })).status).toBe(200)
  for (const path of ['tools/executions/history', 'sessions', 'config', 'upstreams']) {
    expect([path, (await oscar.get(path)).status]).toEqual([path, 403])
  }
})

test('lists tools by name, with and without a slash at the end', async () => {
  const tools = (await (await ada.get('tools')).json()) as Record<string, ToolView>
  expect(tools.echo).toMatchObject({ name: 'echo', owner: 'switchyard', scope: 'call', status: 'active' })
  expect(tools.echo?.input_schema).toMatchObject({ type: 'object', required: ['message'] })
  expect(await (await ada.get('tools/')).json()).toEqual(tools)
  expect(await (await ada.get('tools/echo')).json()).toEqual(tools.echo)
  const unknown = await ada.get('tools/nothing')
  expect([unknown.status, (await problemOf(unknown)).code]).toEqual([404, 'RESOURCE_NOT_FOUND'])
})

test('calls a tool, and says of a failing one that it failed', async () => {
  const execute = async (tool_name: string, parameters = {}) => {
    const response = await ada.post('tools/execute', { tool_name, parameters })
    expect(response.status).toBe(200)
    return (await response.json()) as Executed
  }
  const said = await execute('echo', { message: 'hello' })
  expect(said).toMatchObject({ success: true, error: null, result: { structuredContent: { message: 'hello' } } })
  expect(said.execution_time).toBeTypeOf('number')
  expect(await execute('refusing')).toMatchObject({
    success: false,
    error: 'the printer is out of paper',
    error_code: 'failed',
  })
  expect(await execute('complaining')).toMatchObject({ success: false, error: 'no such customer', error_code: 'tool_error' })
  const crashed = await execute('crashing')
  expect(crashed).toMatchObject({ success: false, error_code: 'internal' })
  expect(JSON.stringify(crashed)).not.toMatch(/secret|\bat \b/)
})

test('refuses an unknown tool with 404 and wrong arguments with 400, and says which', async () => {
  const unknown = await ada.post('tools/execute', { tool_name: 'nothing', parameters: {} })
  expect([unknown.status, (await problemOf(unknown)).code]).toEqual([404, 'RESOURCE_NOT_FOUND'])
  const wrong = await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: 5 } })
  expect(wrong.status).toBe(400)
  expect((await problemOf(wrong)).details).toEqual({ problem: 'message must be string, got 5' })
  const shapeless = await ada.post('tools/execute', { parameters: {} })
  expect(await problemOf(shapeless)).toMatchObject({ code: 'VALIDATION_ERROR', details: { field: 'tool_name' } })
  const broken = await fetch(`${admin.url}/api/v1/tools/execute`, {
    method: 'POST',
    headers: { Cookie: ada.cookie, 'X-CSRF-Token': ada.csrf },
    body: '{"tool_name":',
  })
  expect([broken.status, (await problemOf(broken)).code]).toEqual([400, 'VALIDATION_ERROR'])
})

test('cancels a call whose caller goes away', async () => {
  let arrived!: (call: Call) => void
  const seen = new Promise<Call>((resolve) => {
    arrived = resolve
  })
  const waiting = testTool('waiting', async (call) => {
    arrived(call)
    await new Promise((_, reject) => call.signal.addEventListener('abort', reject))
    return {}
  })
  system.yard.catalog.offer('waiting', [waiting])
  const leaving = new AbortController()
  const answer = fetch(`${admin.url}/api/v1/tools/execute`, {
    method: 'POST',
    headers: { Cookie: ada.cookie, 'X-CSRF-Token': ada.csrf },
    body: JSON.stringify({ tool_name: 'waiting' }),
    signal: leaving.signal,
  })
  const { signal } = await seen
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await until('the call is cancelled', () => signal.aborted)
  system.yard.catalog.withdraw('waiting')
})

test('takes no body above 4 MiB', async () => {
  const response = await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: 'x'.repeat(4_200_000) } })
  expect(response.status).toBe(413)
})

test('shows the history newest first, page by page, by cursor and by offset', async () => {
  for (const message of ['first', 'second', 'third'])
    await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: `paged ${message}` } })
  const page = async (query: string) => {
    const response = await ada.get(`tools/executions/history?name=echo&status=ok&text=paged&${query}`)
    const rows = (await response.json()) as ExecutionView[]
    return {
      rows,
      said: rows.map(({ parameters }) => (parameters as { message: string }).message),
      link: response.headers.get('Link'),
    }
  }
  await until('all three are written', async () => (await page('limit=10')).rows.length === 3)
  const first = await page('limit=2')
  expect(first.said).toEqual(['paged third', 'paged second'])
  const next = await page(/<\?([^>]*)>; rel="next"/.exec(first.link ?? '')?.[1] ?? '')
  expect(next.said).toEqual(['paged first'])
  expect((await page('limit=2&offset=2')).said).toEqual(['paged first'])
  expect((await page('limit=2&offset=9')).said).toEqual([])

  const [row] = first.rows
  expect(row).toMatchObject({ tool_name: 'echo', status: 'ok', via: 'admin', caller: { name: 'ada' }, error: null })
  expect(row?.execution_time).toBe(row!.ms! / 1000)
  expect(await (await ada.get(`tools/executions/${row?.id}`)).json()).toEqual(row)
  expect((await ada.get('tools/executions/00000000-0000-4000-8000-000000000000')).status).toBe(404)
  expect((await ada.get('tools/executions/nothing')).status).toBe(404)
})

test('a call says under which id it stands in the history; what pages read for themselves does not stand there', async () => {
  for (const page of ['upstreams', 'config', 'tools/executions/history']) expect((await ada.get(page)).status).toBe(200)
  const answer = await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: 'with an id' } })
  const { execution_id } = (await answer.json()) as Executed
  await until('the call is written', async () => (await ada.get(`tools/executions/${execution_id}`)).status === 200)
  const rows = (await (await ada.get('tools/executions/history?status=ok&limit=100')).json()) as ExecutionView[]
  expect(rows.filter(({ via, tool_name }) => via === 'admin' && /^(upstreams|config|executions)$/.test(tool_name))).toEqual([])
})

test('shows sessions without the ids that would let somebody take them over', async () => {
  const client = await connect('http', system.url)
  const response = await ada.get('sessions')
  const text = await response.text()
  const { sessions } = JSON.parse(text) as { sessions: SessionView[] }
  expect(sessions).toEqual([
    expect.objectContaining({ via: 'http', client: 'test 1.0.0', caller: { id: 'local', name: 'local' } }),
  ])
  for (const { id } of system.yard.sessions.list()) expect(text).not.toContain(id)
  await client.close()
})

test('shows health with its charts, upstreams, settings, resources and prompts', async () => {
  const [health, upstreams, config, resources, prompts] = await Promise.all(
    ['health', 'upstreams', 'config', 'resources', 'prompts'].map(async (path) => (await ada.get(path)).json()),
  )
  expect(health).toMatchObject({
    status: 'healthy',
    components: { database: { status: 'ok' } },
    urls: { mcp: expect.stringMatching(/\/mcp$/) },
  })
  expect((health as { recent: unknown[] }).recent).toHaveLength(120)
  expect(upstreams).toEqual({ upstreams: [] })
  expect((config as { settings: unknown[] }).settings).toContainEqual({
    key: 'server.host',
    value: '127.0.0.1',
    origin: 'default',
  })
  expect(resources).toEqual({ resources: [], templates: [] })
  expect(prompts).toEqual({ prompts: [] })
})

test('says that there is news after a call, and none after a page was looked at', async () => {
  const changes = async () => ((await (await ada.get('health')).json()) as { changes: object }).changes
  const before = await changes()
  await ada.get('upstreams')
  await ada.get('tools/executions/history')
  expect(await changes()).toEqual(before)
  await ada.post('tools/execute', { tool_name: 'echo', parameters: { message: 'news' } })
  expect(await changes()).not.toEqual(before)
})

test('sends every answer with a policy that lets nothing foreign in', async () => {
  const bare = await startAdmin(system.yard, store.database, { panel: '/nowhere' })
  const page = await fetch(bare.url)
  expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('npm run build')])
  for (const response of [page, await new Visitor(bare.url).get('auth/me')]) {
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'self'; script-src 'self'; style-src 'self'")
    expect(response.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin')
  }
  await bare.stop()
})

test('tells how the registration at a proxy stands', async () => {
  const vera = await signIn(admin.url, 'vera')
  const view = await (await vera.get('registration')).json()
  expect(view).toMatchObject({ enabled: false, registered: false, server_key: null, server_id: 'switchyard' })
})
