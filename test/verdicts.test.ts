/**
 * Who may call what, on every way in: a key for some tools alone, rules about keys, roles, claims, arguments and ways in. What is listed is exactly
 * what may be called, and what may not looks like what does not exist.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { type McpError, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command, Json, Scope } from '../app/call.ts'
import { connect, connectStdio, wires } from './clients.ts'
import { Visitor } from './fakes/admin.ts'
import { secretKey } from './fakes/keys.ts'
import { adminLists, cmdLists, type Lists, mcpLists, modernLists, restLists } from './fakes/lists.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { defaultTools, plainTool } from './fakes/mcp-server.ts'
import { askModern, modern, modernCall } from './fakes/modern.ts'
import { type OidcProvider, startOidcProvider } from './fakes/oidc-provider.ts'
import { type Answer, adminWay, cmdWay, mcpWay, modernWay, restWay, type Way } from './fakes/ways.ts'
import { openHome } from './program.ts'
import { calmly, start, startProcess, type TestSystem } from './start.ts'
import { until } from './until.ts'

const region = { type: 'string', 'x-mcp-header': 'Region' }
const tools = [
  ...defaultTools.filter(({ name }) => ['echo', 'fail', 'refuse', 'sum'].includes(String(name))),
  { ...plainTool('routed'), inputSchema: { type: 'object', properties: { region } } },
]
const rules = [
  { name: 'one way alone is without it', effect: 'deny', surfaces: ['rest'], tools: ['far_refuse'] },
  { name: 'interns', effect: 'deny', keys: ['intern'], tools: ['far_fail', 'far_routed'] },
  { name: 'what interns do not read', effect: 'deny', keys: ['intern'], resources: ['fake://*secret'], prompts: ['far_whisper'] },
  { name: 'stdio', effect: 'deny', callers: ['stdio'], tools: ['far_echo'] },
  { name: 'sales', effect: 'allow', claims: { team: 'sales' }, tools: ['shut_echo'], arguments: { deep: 'yes' } },
  { name: 'operators', effect: 'allow', roles: ['operator'], tools: ['shut_sum'], fixed: { b: 3 } },
  { name: 'nobody else', effect: 'deny', upstreams: ['shut'] },
]
const far = ['far_echo', 'far_fail', 'far_refuse', 'far_routed', 'far_sum']

interface Holder {
  readonly scopes: readonly Scope[]
  /** Names of our own commands that exist for them, where those are not all of their scopes. */
  readonly own?: readonly string[]
  /** What they may call of the upstreams; `far_refuse` nobody over REST. */
  readonly others: readonly string[]
  /** Tokens count on the admin side too; keys are for the other port. */
  readonly token?: Json
  readonly tools?: readonly string[]
}

/** Keys and tokens, by the name of who holds them. */
const holders: Record<string, Holder> = {
  narrow: {
    scopes: ['read', 'call'],
    tools: ['far_s*', 'far_refuse', 'shut_*', 'help', 'commands'],
    own: ['help', 'commands'],
    others: ['far_refuse', 'far_sum'],
  },
  intern: { scopes: ['read', 'call'], others: ['far_echo', 'far_refuse', 'far_sum'] },
  sales: {
    scopes: ['read', 'call'],
    token: { sub: 'sally', groups: ['staff'], team: 'sales' },
    others: [...far, 'shut_echo', 'shut_sum'],
  },
  boss: { scopes: ['read', 'call', 'admin'], token: { sub: 'bea', groups: ['staff', 'boss'] }, others: far },
  reader: { scopes: ['read'], others: [] },
}

let dataDir: string
let fake: HttpFake
let provider: OidcProvider
let system: TestSystem
let file: Json
const open: Client[] = []
const headersOf = new Map<string, Record<string, string>>()
const clientsOf = new Map<string, Client>()
const ways = new Map<string, Lists & { readonly way: Way }>()

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-verdicts-'))
  provider = await startOidcProvider()
  fake = await startHttpFake({
    tools,
    resources: ['fake://note', 'fake://secret'].map((uri) => ({ uri, name: uri })),
    templates: [{ uriTemplate: 'fake://item/{id}', name: 'item' }],
    prompts: ['greet', 'whisper'].map((name) => ({ name })),
  })
  const url = `${fake.url}/mcp`
  const oidc = {
    issuer: provider.url,
    audience: 'switchyard',
    scope_map: { staff: ['read', 'call'], boss: ['admin'] },
    roles: { boss: 'admin', staff: 'operator' },
  }
  file = { access: { rules }, auth: { oidc }, mcpServers: { far: { url }, shut: { url } } }
  const env = { SECRET_KEY: secretKey, RATE_LIMIT_REQUESTS: '0', RATE_LIMIT_PER_ADDRESS: '0' }
  system = await start({ file, env, dataDir })
  for (const [name, holder] of Object.entries(holders)) await letIn(name, holder)
}, 120_000)

afterAll(async () => {
  await Promise.all(open.map((client) => client.close()))
  await system?.stop()
  await fake?.stop()
  await provider?.stop()
  await rm(dataDir, { recursive: true })
})

async function letIn(name: string, { scopes, token, tools }: Holder): Promise<void> {
  const credential = token ? await provider.token(token) : await keyFor({ name, scopes, ...(tools ? { tools } : {}) })
  const headers = { authorization: `Bearer ${credential}` }
  headersOf.set(name, headers)
  const { url } = system
  const keep = (way: Way, lists: Lists) => void ways.set(`${name}, ${way.name}`, { way, ...lists })
  for (const wire of wires) {
    const client = await connect(wire, url, headers)
    open.push(client)
    clientsOf.set(`${name}, ${wire}`, client)
    const way = mcpWay(wire, wire, client)
    keep(way, mcpLists(way, client))
  }
  const stateless = modernWay(url, headers)
  keep(stateless, modernLists(stateless, url, headers))
  for (const form of ['JSON-RPC', 'simple'] as const) {
    const cmd = cmdWay(url, form, headers)
    keep(cmd, cmdLists(cmd))
  }
  const rest = restWay(url, headers)
  keep(rest, restLists(rest, url, headers))
  if (!token) return
  const visitor = new Visitor(system.adminUrl)
  const admin = adminWay({ post: (path, body) => visitor.post(path, body, headers) })
  keep(
    admin,
    adminLists(admin, (path) => visitor.get(path, headers)),
  )
}

async function keyFor(wish: Json): Promise<string> {
  const caller = { id: 'test', name: 'test', scopes: ['admin'] } as const
  const made = await system.yard.switch.call({ kind: 'tool', name: 'key_create', arguments: wish, caller, via: 'admin' })
  return (made.structuredContent as { api_key: string }).api_key
}

const overMcp = [...wires, 'HTTP without a session']
const overPort = [...overMcp, '/cmd, JSON-RPC form', '/cmd, simple form', 'REST']
const wayNamesOf = ({ token }: Holder) => [...overPort, ...(token ? ['the admin API'] : [])]
const pairs = Object.entries(holders).flatMap(([name, holder]) => wayNamesOf(holder).map((way) => [name, way] as const))

const isOurs = ({ owner }: Command) => owner === 'switchyard' || owner === 'commands'
const allTools = () => system.yard.catalog.all().filter(({ kind }) => kind === 'tool')
const namesOf = (commands: readonly Command[]) => commands.map(({ name }) => name).sort()

/** What this caller may call on this way in. */
function mayCall({ scopes, own, others }: Holder, way: string): string[] {
  const ours = allTools().filter((tool) => isOurs(tool) && scopes.includes(tool.scope) && (!own || own.includes(tool.name)))
  return [...namesOf(ours), ...others.filter((name) => way !== 'REST' || name !== 'far_refuse')].sort()
}

/** Whether it was let through to the tool, or to a look at its arguments. */
const isLetThrough = ({ code, said = '' }: Answer): boolean =>
  code !== 'unknown_command' && code !== 'forbidden' && !/^HTTP 40[34] /.test(said)

/** No command of ours has it, so none of them does anything. */
const impossible = { 'no such argument': 1 }
const call = (way: Way, name: string, values: Json = impossible) => way.ask({ kind: 'tool', name, values })
/** The answer without the name that was asked for. */
const without = (name: string, answer: unknown) => JSON.parse(JSON.stringify(answer).replaceAll(name, 'NAME')) as Json

describe.each(pairs)('%s, through %s', (name, wayName) => {
  const holder = holders[name]!
  const there = () => ways.get(`${name}, ${wayName}`)!
  const callable = () => mayCall(holder, wayName)

  test('calls what it may, and nothing else', async () => {
    const { way } = there()
    const answers = await Promise.all(allTools().map(async (tool) => ({ tool, answer: await call(way, tool.name) })))
    expect(namesOf(answers.filter(({ answer }) => isLetThrough(answer)).map(({ tool }) => tool))).toEqual(callable())
    // Otherwise this would be no way to ask.
    expect(answers.filter(({ tool, answer }) => isOurs(tool) && answer.value !== undefined)).toEqual([])
  })

  test('is listed exactly that, in every list', async () => {
    const lists = Object.entries(there().lists)
    const listed = await Promise.all(lists.map(async ([list, names]) => [list, [...(await names())].sort()]))
    expect(listed).toEqual(lists.map(([list]) => [list, callable()]))
  })

  test('is told about exactly that, one by one', async () => {
    for (const [look, isThere] of Object.entries(there().looks)) {
      const told = await Promise.all(allTools().map(async (tool) => ((await isThere(tool.name)) ? [tool] : [])))
      expect([look, namesOf(told.flat())]).toEqual([look, callable()])
    }
  })

  test('cannot tell what it may not call from what does not exist', async () => {
    const { way } = there()
    const learns = holder.scopes.includes('call')
    // That a command of ours needs the admin scope is no secret, but to whoever may call nothing.
    const hidden = allTools().filter((tool) => !callable().includes(tool.name) && !(isOurs(tool) && learns && !holder.own))
    const nobodys = without('shut_nobody', await call(way, 'shut_nobody'))
    expect(nobodys.message).toMatch(learns ? /^unknown tool "NAME"$/ : /^NAME needs the call scope; /)
    for (const { name, scope } of hidden) {
      if (learns && scope === 'admin') continue
      expect([name, without(name, await call(way, name))]).toEqual([name, nobodys])
    }
  })
})

describe.each(wayNamesOf(holders.sales!))('a rule about a claim and one about a role, through %s', (wayName) => {
  const ask = (tool: string, values: Json) => call(ways.get(`sales, ${wayName}`)!.way, tool, values)

  test('let through the values that they name, and add what they fix', async () => {
    expect(await ask('shut_echo', { deep: 'yes' })).toEqual({ value: [{ type: 'text', text: '{"deep":"yes"}' }] })
    expect(await ask('shut_sum', { a: 2 })).toEqual({ value: { sum: 5 } })
  })

  test('refuse every other value, and what they fix', async () => {
    expect((await ask('shut_echo', { deep: 'no' })).message).toBe('shut_echo: you may not use it with these arguments')
    expect((await ask('shut_echo', {})).message).toBe('shut_echo: you may not use it with these arguments')
    expect((await ask('shut_sum', { a: 2, b: 4 })).message).toBe('shut_sum: b is no argument of this tool')
  })
})

describe('whatever else a way in looks at before a call, it tells nobody that a tool is there', () => {
  test.each(['intern', 'reader'])('an argument that stands in a header: %s', async (name) => {
    const asked = async (who: string, tool: string) =>
      (await askModern(system.url, modernCall(tool, { region: 'eu' }), headersOf.get(who)!)).answer
    expect(without('far_routed', await asked(name, 'far_routed'))).toEqual(without('far_nobody', await asked(name, 'far_nobody')))
    expect((await asked('sales', 'far_routed')).error?.code).toBe(-32020)
  })

  test.each(['/cmd, JSON-RPC form', '/cmd, simple form', 'REST'])('how long a job is waited for: %s', async (wayName) => {
    const asked = async (name: string, tool: string) => {
      const answer = await call(ways.get(`${name}, ${wayName}`)!.way, tool, { seconds: 0, max_wait_time: -1 })
      return without(tool, answer)
    }
    for (const name of ['narrow', 'reader']) expect(await asked(name, 'long_task')).toEqual(await asked(name, 'nobodys_task'))
    expect((await asked('intern', 'long_task')).message).toMatch(/^max_wait_time must be/)
  })

  test.each(['intern', 'reader'])('a call that wants to be a task: %s', async (name) => {
    const asked = async (tool: string) =>
      without(tool, await send(name, 'http', 'tools/call', { name: tool, arguments: {}, task: { ttl: 1_000 } }))
    expect(await asked('far_fail')).toEqual(await asked('far_nobody'))
  })
})

describe.each(overMcp)('resources and prompts of an intern, through %s', (wayName) => {
  const way = () => ways.get(`intern, ${wayName}`)!.way

  test('are listed where they may be had', async () => {
    expect(await listed('resources/list', 'resources')).toEqual(['fake://note'])
    expect(await listed('resources/templates/list', 'resourceTemplates')).toEqual(['item'])
    expect(await listed('prompts/list', 'prompts')).toEqual(['far_greet'])
  })

  test.each([
    ['resource', 'fake://note', 'fake://secret', 'fake://nobodys'],
    ['resource', 'fake://item/1', 'fake://item/secret', 'fake://none/at-all'],
    ['prompt', 'far_greet', 'far_whisper', 'far_unknown'],
  ] as const)('look like what does not exist where they may not be had: %s %s', async (kind, there, hidden, nobodys) => {
    expect(await way().ask({ kind, name: there })).toHaveProperty('value')
    const [one, other] = [await way().ask({ kind, name: hidden }), await way().ask({ kind, name: nobodys })]
    expect(without(hidden, one)).toEqual(without(nobodys, other))
  })

  test('are neither completed nor watched where they may not be had', async () => {
    const complete = (name: string) => {
      const ref = { type: 'ref/prompt', name }
      return send('intern', wayName, 'completion/complete', { ref, argument: { name: 'who', value: '' } })
    }
    const watch = (uri: string) =>
      wayName === 'HTTP without a session'
        ? send('intern', wayName, 'subscriptions/listen', { notifications: { resourceSubscriptions: [uri] } })
        : send('intern', wayName, 'resources/subscribe', { uri })
    expect(await complete('far_greet')).toHaveProperty('completion')
    for (const [ask, hidden, nobodys] of [
      [complete, 'far_whisper', 'far_unknown'],
      [watch, 'fake://secret', 'fake://nobodys'],
    ] as const)
      expect(without(hidden, await ask(hidden))).toEqual(without(nobodys, await ask(nobodys)))
  })

  async function listed(method: string, member: string): Promise<string[]> {
    const entries = (await send('intern', wayName, method, {}))[member] as { uri?: string; name: string }[]
    return entries.map(({ uri, name }) => uri ?? name)
  }
})

/** A request as it is. @returns the result, or the error */
async function send(name: string, wayName: string, method: string, params: Json): Promise<Json> {
  const client = clientsOf.get(`${name}, ${wayName}`)
  if (!client) {
    const { result, error } = (await askModern(system.url, modern(method, params), headersOf.get(name)!)).answer
    return (result ?? error) as Json
  }
  return client.request({ method, params }, ResultSchema).catch(({ code, message, data }: McpError) => ({ code, message, data }))
}

test('over stdio the same holds for whoever started it', async () => {
  const server = await startProcess(['--transport', 'stdio', '--no-admin'], { file, env: { SECRET_KEY: secretKey } })
  const client = await connectStdio(server)
  const way = mcpWay('stdio', 'stdio', client)
  const { lists } = mcpLists(way, client)
  await until('the upstreams are there', async () => (await lists['tools/list']!()).includes('far_sum'))
  const may = mayCall({ scopes: ['read', 'call'], others: far.filter((name) => name !== 'far_echo') }, 'stdio')
  const answers = await Promise.all(allTools().map(async (tool) => ({ tool, answer: await call(way, tool.name) })))
  expect(namesOf(answers.filter(({ answer }) => isLetThrough(answer)).map(({ tool }) => tool))).toEqual(may)
  for (const [list, names] of Object.entries(lists)) expect([list, [...(await names())].sort()]).toEqual([list, may])
  await client.close()
  await server.clean()
}, 120_000)

test('the command line lists everything, because nothing is kept from whoever starts it', async () => {
  const home = await openHome()
  const printed = async (...args: string[]) => {
    const options = { file: { ...file, data_dir: dataDir }, env: { ...calmly, SECRET_KEY: secretKey } }
    const { stdout, stderr } = await home.run(args, options)
    expect(stderr).toBe('')
    return JSON.parse(stdout) as Json
  }
  const help = (await printed('call', 'help', '--json')) as { structuredContent: { commands: Json } }
  expect(Object.keys(help.structuredContent.commands).sort()).toEqual(namesOf(allTools()))
  const exported = (await printed('openapi', '--tools')) as { routes: { json_rpc: { method: string } }[] }
  expect(exported.routes.map(({ json_rpc: { method } }) => method).sort()).toEqual(namesOf(allTools()))
  await home.remove()
}, 120_000)
