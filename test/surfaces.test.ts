/** One table of calls through every way in: the same answers, each in the words of its surface, and a row of the history for every one. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../app/root.ts'
import type { Execution } from '../app/store/executions.ts'
import { connect, wires } from './clients.ts'
import { password, Visitor } from './fakes/admin.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { type Answer, adminWay, cliWay, cmdWay, mcpWay, modernWay, restWay, type Way, type Wish } from './fakes/ways.ts'
import { historyOf } from './insider.ts'
import { type Home, openHome, type Ran } from './program.ts'
import { calmly, start, type TestSystem } from './start.ts'
import { until } from './until.ts'

interface Case {
  readonly what: string
  readonly wish: Wish
  /** The name in the history, where it is not the one asked for: a read is recorded under its template. */
  readonly recorded?: string
  /** What the history has of it, where that is not what the caller gave or was told. */
  readonly kept?: { readonly parameters?: Record<string, unknown>; readonly code?: string; readonly error?: RegExp }
  /** What comes back where nothing goes wrong. */
  readonly value?: unknown
  readonly message?: RegExp
  readonly code?: string
  /** Without a session it is what a session says, where it is not named. */
  readonly said?: Partial<Record<Way['words'], string>>
  readonly status: 'ok' | 'failed' | 'refused'
}

const tool = (name: string, values?: Record<string, unknown>): Wish => ({ kind: 'tool', name, ...(values ? { values } : {}) })

const wrongArguments = {
  mcp: 'isError',
  cmd: 'error -32602',
  rest: 'HTTP 400, code -32602',
  admin: 'HTTP 400 VALIDATION_ERROR',
}

/** What no rule has a part in. */
const free: Case[] = [
  { what: 'a command of our own', wish: tool('echo', { message: 'hi' }), value: { message: 'hi' }, status: 'ok' },
  {
    what: "an upstream's tool",
    wish: tool('far_echo', { deep: [1] }),
    value: [{ type: 'text', text: '{"deep":[1]}' }],
    status: 'ok',
  },
  { what: 'a structured result', wish: tool('far_sum', { a: 2, b: 3 }), value: { sum: 5 }, status: 'ok' },
  {
    what: 'a tool that reports an error',
    wish: tool('far_fail'),
    message: /^that went wrong$/,
    code: 'tool_error',
    said: { mcp: 'isError', cmd: 'result -32000', rest: 'HTTP 422, code -32000', admin: 'success false', cli: 'isError' },
    status: 'failed',
  },
  {
    what: "an upstream's refusal",
    wish: tool('far_refuse'),
    message: /^far: .*not today$/,
    code: 'upstream_failed',
    said: { mcp: 'isError', cmd: 'result -32000', rest: 'HTTP 502, code -32000', admin: 'success false', cli: 'exit 1' },
    status: 'failed',
  },
  {
    what: 'wrong arguments for a command of ours',
    wish: tool('echo', {}),
    message: /^echo: message is missing/,
    code: 'invalid_arguments',
    said: { ...wrongArguments, cli: 'exit 1' },
    status: 'refused',
  },
  {
    what: "wrong arguments for an upstream's tool",
    wish: tool('far_sum', { a: 'two', b: 3 }),
    message: /^far_sum: a must be number, got "two"$/,
    code: 'invalid_arguments',
    said: { ...wrongArguments, cli: 'exit 1' },
    status: 'refused',
  },
]

/** Names that do not exist for the caller, and rules. */
const checked: Case[] = [
  {
    what: 'an unknown tool',
    wish: tool('no_such_thing'),
    message: /^unknown tool "no_such_thing"/,
    code: 'unknown_command',
    said: { mcp: 'error -32602', cmd: 'error -32601', rest: 'HTTP 404, code -32601', admin: 'HTTP 404 RESOURCE_NOT_FOUND' },
    status: 'refused',
  },
  {
    what: 'a tool that a rule denies, told as if it did not exist',
    wish: tool('shut_fail'),
    message: /^unknown tool "shut_fail"/,
    code: 'unknown_command',
    said: { mcp: 'error -32602', cmd: 'error -32601', rest: 'HTTP 404, code -32601', admin: 'HTTP 404 RESOURCE_NOT_FOUND' },
    status: 'refused',
    kept: { code: 'forbidden', error: /^it exists, and is not for this caller$/ },
  },
  {
    what: 'a value that no rule allows',
    wish: tool('shut_echo', { deep: 'no' }),
    message: /^shut_echo: you may not use it with these arguments$/,
    code: 'invalid_arguments',
    said: wrongArguments,
    status: 'refused',
  },
  {
    what: 'an argument that a rule fixes',
    wish: tool('shut_sum', { a: 2 }),
    value: { sum: 5 },
    status: 'ok',
    kept: { parameters: { a: 2, b: 3 } },
  },
]

/** Whoever starts the command line could write the rules: none is asked. A name that does not exist is not called there at all. */
const onCommandLine: Case[] = [
  {
    what: 'what needs the admin scope',
    wish: tool('executions', { limit: 1, name: 'x' }),
    value: expect.anything(),
    status: 'ok',
  },
  {
    what: 'a tool that a rule denies',
    wish: tool('shut_fail'),
    message: /^that went wrong$/,
    code: 'tool_error',
    said: { cli: 'isError' },
    status: 'failed',
  },
  { what: 'an argument that a rule fixes', wish: tool('shut_sum', { a: 2, b: 4 }), value: { sum: 6 }, status: 'ok' },
]

/** What may be done with the upstream `shut`. */
const rules = [
  { effect: 'allow', tools: ['shut_sum'], fixed: { b: 3 } },
  { effect: 'allow', tools: ['shut_echo'], arguments: { deep: 'yes' } },
  { effect: 'deny', upstreams: ['shut'] },
]

/** Who is signed in on the admin side may do everything. */
const withoutAdminScope: Case[] = [
  {
    what: 'a missing scope',
    wish: tool('executions'),
    message: /^executions needs the admin scope/,
    code: 'forbidden',
    said: { mcp: 'error -32003', modern: 'error -31403', cmd: 'error -32002', rest: 'HTTP 403, code -32002' },
    status: 'refused',
  },
]

const overMcp: Case[] = [
  {
    what: 'a resource',
    wish: { kind: 'resource', name: 'fake://note' },
    value: [{ uri: 'fake://note', mimeType: 'text/plain', text: 'fake: fake://note' }],
    status: 'ok',
  },
  {
    what: 'a resource by its template',
    wish: { kind: 'resource', name: 'fake://item/7' },
    recorded: 'fake://item/{id}',
    value: [{ uri: 'fake://item/7', mimeType: 'text/plain', text: 'fake: fake://item/7' }],
    status: 'ok',
  },
  {
    what: 'a prompt',
    wish: { kind: 'prompt', name: 'far_greet', values: { who: 'Ann' } },
    value: [{ role: 'user', content: { type: 'text', text: 'fake greets Ann' } }],
    status: 'ok',
  },
  {
    what: 'a prompt without its argument',
    wish: { kind: 'prompt', name: 'far_greet' },
    message: /^far_greet: missing who$/,
    code: 'invalid_params',
    said: { mcp: 'error -32602' },
    status: 'refused',
  },
  {
    what: 'an unknown prompt',
    wish: { kind: 'prompt', name: 'far_insult' },
    message: /^unknown prompt "far_insult"/,
    code: 'unknown_command',
    said: { mcp: 'error -32602' },
    status: 'refused',
  },
  {
    what: 'an unknown resource',
    wish: { kind: 'resource', name: 'nowhere://at/all' },
    message: /^unknown resource nowhere:\/\/at\/all/,
    code: 'unknown_resource',
    said: { mcp: 'error -32002', modern: 'error -32602' },
    status: 'refused',
  },
  {
    what: 'a resource that the upstream does not know',
    wish: { kind: 'resource', name: 'fake://item/missing' },
    recorded: 'fake://item/{id}',
    message: /^far: .*no such thing$/,
    code: 'unknown_resource',
    said: { mcp: 'error -32002', modern: 'error -32602' },
    status: 'refused',
  },
]

let dataDir: string
let home: Home
let far: HttpFake
let system: TestSystem
const clients: Client[] = []
const ways = new Map<string, Way>()

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-surfaces-'))
  home = await openHome()
  far = await startHttpFake({
    resources: [{ uri: 'fake://note', name: 'note' }],
    templates: [{ uriTemplate: 'fake://item/{id}', name: 'item' }],
    prompts: [{ name: 'greet', arguments: [{ name: 'who', required: true }] }],
  })
  const url = `${far.url}/mcp`
  const file = { access: { rules }, mcpServers: { far: { url }, shut: { url } } }
  system = await start({ file, dataDir })
  for (const wire of wires) await add(mcpWay(wire, wire, await connected(connect(wire, system.url))))
  add(modernWay(system.url))
  // A second process on the same data directory: what it records stands in the same history.
  await add(mcpWay('stdio', 'stdio', await connected(connectStdio(file))))
  add(cmdWay(system.url, 'JSON-RPC'))
  add(cmdWay(system.url, 'simple'))
  add(restWay(system.url))
  const visitor = new Visitor(system.adminUrl)
  const [, token] = (await system.firstLink())!.split('#')
  await visitor.keep(await visitor.post('auth/welcome', { token, name: 'ada', password }))
  add(adminWay(visitor))
  add(cliWay(oneByOne((args) => home.run(args, { file: { ...file, data_dir: dataDir }, env: calmly }))))
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await system?.stop()
  await far?.stop()
  await rm(dataDir, { recursive: true })
  await home?.remove()
})

/** Each of these is a process, and there are not many processors. */
function oneByOne(run: (args: readonly string[]) => Promise<Ran>): typeof run {
  let last: Promise<unknown> = Promise.resolve()
  return (args) => {
    const next = last.then(() => run(args))
    last = next.catch(() => {})
    return next
  }
}

const add = (way: Way) => void ways.set(way.name, way)

async function connected(connecting: Promise<Client>): Promise<Client> {
  const client = await connecting
  clients.push(client)
  return client
}

async function connectStdio(file: object): Promise<Client> {
  const config = join(dataDir, 'stdio.json')
  await writeFile(config, JSON.stringify(file))
  const client = new Client({ name: 'test', version: '1.0.0' })
  const args = [
    join(packageRoot, 'dist', 'main.js'),
    '--config',
    config,
    '--data-dir',
    dataDir,
    '--transport',
    'stdio',
    '--no-admin',
  ]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }))
  return client
}

const withSession: readonly string[] = [...wires, 'stdio']
const overMcpNames = [...withSession, 'HTTP without a session']
const plainNames = ['/cmd, JSON-RPC form', '/cmd, simple form', 'REST']

function casesOf(name: string): Case[] {
  // Each of its calls is a process, and an answer that is right through the switch is right there.
  if (name === 'the command line') return [...free.filter(({ said }) => said?.cli), ...onCommandLine]
  if (name === 'the admin API') return [...free, ...checked]
  return [...free, ...checked, ...withoutAdminScope, ...(overMcpNames.includes(name) ? overMcp : [])]
}

describe.each([...overMcpNames, ...plainNames, 'the admin API', 'the command line'])('through %s', (name) => {
  const cases = casesOf(name)
  const answers = new Map<Case, Promise<Answer>>()
  let way: Way
  let rows: Execution[]

  beforeAll(async () => {
    way = ways.get(name)!
    const ofThisWay = async () => (await historyOf(system)).filter(({ via }) => via === way.via)
    const earlier = new Set((await ofThisWay()).map(({ id }) => id))
    for (const one of cases) answers.set(one, way.ask(one.wish))
    await Promise.allSettled(answers.values())
    await until('every call stands in the history', async () => {
      rows = (await ofThisWay()).filter(({ id }) => !earlier.has(id))
      return rows.length >= cases.length
    })
  }, 180_000)

  test.each(cases)('$what', async (one) => {
    const { wish, recorded = wish.name, value, message = /^$/, code = null, said, status, kept = {} } = one
    const answer = await answers.get(one)!
    if (status === 'ok') expect(answer).toEqual({ value })
    else {
      expect(answer.message).toMatch(message)
      expect(answer.said).toBe(said?.[way.words] ?? (way.words === 'modern' ? said?.mcp : undefined))
      if (answer.code !== undefined) expect(answer.code).toBe(code)
    }

    const [row, ...more] = rows.filter((row) => row.name === recorded && row.status === status)
    expect(more).toEqual([])
    expect(row).toMatchObject({ kind: wish.kind, errorCode: kept.code ?? code, audit: 'buffered', ms: expect.any(Number) })
    const given = wish.kind === 'resource' ? { uri: wish.name } : (wish.values ?? {})
    expect(row!.parameters).toEqual(kept.parameters ?? given)
    expect(row!.error ?? '').toMatch(kept.error ?? message)
    if (withSession.includes(name)) expect(row!.session).toEqual(expect.any(String))
  })

  test('nothing but these calls is recorded', () => expect(rows).toHaveLength(cases.length))
})
