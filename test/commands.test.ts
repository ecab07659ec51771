/** What authors of commands are promised, and what our own commands answer. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Approvals } from '../app/approvals.ts'
import type { Call, Caller, Command, Json } from '../app/call.ts'
import { Canceller } from '../app/canceller.ts'
import { type Catalog, createCatalog } from '../app/catalog.ts'
import { buildCommand } from '../app/commands/build.ts'
import type { Definition, ToolDefinition } from '../app/commands/command.ts'
import { offerOwnCommands } from '../app/commands/index.ts'
import { type CommandFolder, openCommands } from '../app/commands/loader.ts'
import { review } from '../app/commands/review.ts'
import { Failure } from '../app/errors.ts'
import type { Keys } from '../app/keys.ts'
import { silent } from '../app/log.ts'
import type { Pins } from '../app/pins.ts'
import { createSchemas } from '../app/schemas.ts'
import type { Execution, Query } from '../app/store/executions.ts'
import type { Users } from '../app/users.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { startYard, type TestYard, upstreamTool } from './fakes/yard.ts'

const strict = { strict: true, autoFix: false }
const everything: Caller = { id: 'test', name: 'test', scopes: ['read', 'call', 'admin'] }

function callOf(command: Command, given: Json = {}, more: Partial<Call> = {}): Call {
  const cancel = new Canceller()
  const { signal } = cancel
  return {
    id: 'c',
    command,
    caller: everything,
    via: 'cli',
    arguments: given,
    supply() {},
    hold() {},
    cancel,
    signal,
    startedAt: 0,
    notify() {},
    ask: () => Promise.reject(new Error('nobody can be asked')),
    asking: false,
    ...more,
  }
}

const run = (definition: Definition, given?: Json, more?: Partial<Call>) => {
  const command = buildCommand(definition, 'commands')
  return command.run(callOf(command, given, more))
}

const returning = (value: unknown, more: Partial<ToolDefinition> = {}): ToolDefinition => ({
  name: 'x',
  description: 'X',
  returns: 'It',
  run: () => value,
  ...more,
})

describe('a definition becomes a tool', () => {
  test('params become a closed JSON Schema', () => {
    const { definition } = buildCommand(
      {
        name: 'order_find',
        description: 'Finds',
        params: {
          text: { type: 'string', description: 'T', required: true },
          tags: { type: 'array', description: 'G', items: { type: 'string' }, default: [] },
        },
        run: () => 1,
      },
      'commands',
    )
    expect(definition).toEqual({
      name: 'order_find',
      title: 'Order Find',
      description: 'Finds',
      inputSchema: {
        type: 'object',
        properties: {
          text: { type: 'string', description: 'T' },
          tags: { type: 'array', description: 'G', items: { type: 'string' }, default: [] },
        },
        required: ['text'],
        additionalProperties: false,
      },
      annotations: { title: 'Order Find', readOnlyHint: false, destructiveHint: true },
    })
  })

  test('a JSON Schema as input is taken, closed unless it says otherwise', () => {
    const schemaOf = (input: Json) => buildCommand(returning(1, { input }), 'commands').definition.inputSchema
    expect(schemaOf({ type: 'object' })).toMatchObject({ additionalProperties: false })
    expect(schemaOf({ type: 'object', additionalProperties: true })).toMatchObject({ additionalProperties: true })
  })

  test.each([
    ['an object', { a: 1 }, '{"a":1}', { a: 1 }],
    ['a text', 'plain', 'plain', { result: 'plain' }],
    ['a list', [1], '[1]', { result: [1] }],
    ['nothing', undefined, 'null', { result: null }],
  ])('%s comes back as text and as structured content', async (_, value, text, structuredContent) => {
    expect(await run(returning(value))).toEqual({ content: [{ type: 'text', text }], structuredContent })
  })

  test('a summary stands in place of the text, and what comes back is structured content alone', async () => {
    const summary = ({ a }: Json) => `a is ${a}`
    expect(await run(returning({ a: 1, b: 2 }, { summary }))).toEqual({
      content: [{ type: 'text', text: 'a is 1' }],
      structuredContent: { a: 1, b: 2 },
    })
    expect(review({ ...returning(1), summary: 'short' }, strict)).toMatchObject({
      problems: ['summary must be a function, got string'],
    })
  })

  test('a schema of what comes back fits what comes back, whatever its type', async () => {
    for (const [returns, value] of [
      [{ type: 'object', properties: { a: { type: 'integer' } } }, { a: 1 }],
      [{ type: 'array', items: { type: 'integer' } }, [1, 2]],
      [{ anyOf: [{ type: 'object' }, { type: 'null' }] }, { a: 1 }],
    ] as const) {
      const command = buildCommand(returning(value, { returns }), 'commands')
      const { structuredContent } = await command.run(callOf(command))
      const { outputSchema } = command.definition
      expect(outputSchema).toMatchObject({ type: 'object' })
      expect(createSchemas(collectedLog()).problem(outputSchema as Json, structuredContent)).toBeUndefined()
    }
    expect(buildCommand(returning(1, { returns: 'A number' }), 'commands').definition).not.toHaveProperty('outputSchema')
  })

  test('defaults are filled in', async () => {
    const params = {
      limit: { type: 'integer', description: 'L', default: 10 },
      all: { type: 'boolean', description: 'A' },
    } as const
    const echo: Definition = { name: 'x', description: 'X', params, run: (input) => input }
    expect(await run(echo)).toMatchObject({ structuredContent: { limit: 10 } })
    expect(await run(echo, { limit: 3 })).toMatchObject({ structuredContent: { limit: 3 } })
  })

  test('progress goes to those who asked, and only forward', async () => {
    const sent: unknown[] = []
    const notify = (method: string, params: Json) => sent.push({ method, ...params })
    const busy: Definition = {
      name: 'busy',
      description: 'B',
      run(_, { progress, log }) {
        for (const done of [1, 1, 0.5, 2]) progress(done, 2, 'part')
        log('warning', 'half way')
      },
    }
    await run(busy, {}, { notify })
    expect(sent).toEqual([{ method: 'notifications/message', level: 'warning', logger: 'busy', data: 'half way' }])
    sent.length = 0
    await run(busy, {}, { notify, meta: { progressToken: 0 } })
    expect(sent.slice(0, 2)).toEqual([
      { method: 'notifications/progress', progressToken: 0, progress: 1, total: 2, message: 'part' },
      { method: 'notifications/progress', progressToken: 0, progress: 2, total: 2, message: 'part' },
    ])
  })

  test('context.failure is for the caller to read', async () => {
    const no = run({
      name: 'x',
      description: 'X',
      run(_, { failure }) {
        throw failure('order 7 does not exist')
      },
    })
    await expect(no).rejects.toMatchObject({ name: 'Failure', code: 'failed', message: 'order 7 does not exist' })
  })
})

describe('a wrong definition is told all that is wrong with it', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['a command is an object with name, description and run, got nothing']],
    [
      'an empty object',
      {},
      ['name must be a text, got nothing', 'run must be a function, got nothing', 'description is missing', 'returns is missing'],
    ],
    ['a name with a space', returning(1, { name: 'a b' }), ['name must be 1 to 64 of A-Z a-z 0-9 _ -, got "a b"']],
    ['a misspelt member', { ...returning(1), scopes: 'admin' }, ['the command has an unknown member "scopes"']],
    ['an unknown scope', { ...returning(1), scope: 'root' }, ['scope must be one of read, call, admin, got "root"']],
    [
      'a parameter without words',
      { ...returning(1), params: { a: { type: 'int' } } },
      ["parameter 'a': type must be one of", "parameter 'a' has no description"],
    ],
    ['params and input', { ...returning(1), params: {}, input: { type: 'object' } }, ['params and input exclude each other']],
    [
      'an input that is no object',
      { ...returning(1), input: { type: 'string' } },
      ['input must be a JSON Schema with type "object"'],
    ],
    ['a timeout of nothing', { ...returning(1), timeout: 0 }, ['timeout must be a number of seconds above 0']],
  ])('%s', (_, value, expected) => {
    const { problems } = review(value, strict)
    expect({ problems }).toEqual({ problems: expected.map((problem) => expect.stringContaining(problem)) })
  })
})

describe('a folder of commands', () => {
  let folder: string
  let catalog: Catalog
  let service: CommandFolder | undefined
  const log = collectedLog()
  const names = () => catalog.list('tools', { caller: everything, via: 'cli' }).map(({ name }) => name)
  const put = (file: string, text: string) => writeFile(join(folder, file), text)
  const command = (name: string, value = '1') =>
    `export default { name: '${name}', description: 'D', returns: 'R', run: () => ${value} }`
  const open = async (disabled: string[] = []) =>
    (service = await openCommands({ directory: folder, catalog, log, disabled, ...strict }))
  const answer = async (name: string) => {
    const found = catalog.find('tool', name)!
    return (await found.run(callOf(found))).structuredContent
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-commands-'))
    catalog = createCatalog(log)
    log.lines.length = 0
  })
  afterEach(async () => {
    await service?.stop?.()
    service = undefined
    await rm(folder, { recursive: true })
  })

  test('the example of the documentation works', async () => {
    const page = await readFile(new URL('../docs/commands.md', import.meta.url), 'utf8')
    await put('orders.ts', /```ts\n(.*?)```/s.exec(page)![1]!)
    await open()
    expect(log.of('command not loaded')).toEqual([])
    const find = catalog.find('tool', 'order_find')!
    expect(await find.run(callOf(find, { customer: 'fjord' }))).toMatchObject({ structuredContent: { result: [{ id: 7 }] } })
    const check = catalog.find('tool', 'order_check')!
    expect(await check.run(callOf(check, { id: 7 }))).toMatchObject({ structuredContent: { ok: true } })
    await expect(check.run(callOf(check, { id: 9 }))).rejects.toThrow('order 9 does not exist')
  })

  test('TypeScript and JavaScript are loaded; helpers, tests, types and hidden files are not', async () => {
    await put('_shared.ts', 'export const value: number = 5')
    await put('a.ts', `import { value } from './_shared.ts'\nenum Kind { One }\n${command('a', '({ value, kind: Kind.One })')}`)
    await put('b.mts', command('b'))
    await put('c.js', command('c'))
    await put('d.mjs', command('d'))
    for (const file of ['e.d.ts', 'f.test.ts', '.g.ts', '_h.ts', 'i.txt', 'j.cjs']) await put(file, command(`no_${file.length}`))
    await open()
    expect(names()).toEqual(['a', 'b', 'c', 'd'])
    expect(await answer('a')).toEqual({ value: 5, kind: 0 })
  })

  test('a file that cannot be used is named with its reason, and the others stand', async () => {
    await put('broken.ts', 'export default {')
    await put('empty.ts', 'export const nothing = 1')
    await put('throws.ts', 'throw new Error("no database")')
    await put('vague.ts', 'export default { name: "vague", run: () => 1 }')
    await put('works.ts', command('works'))
    const { check } = await open()
    expect(names()).toEqual(['works'])
    expect(log.of('command not loaded').map(({ fields }) => fields)).toEqual([
      { file: 'broken.ts', reason: expect.stringContaining('Unexpected token') },
      { file: 'empty.ts', reason: expect.stringContaining('no default export') },
      { file: 'throws.ts', reason: 'no database' },
      { file: 'vague.ts', reason: expect.stringContaining('command "vague": description is missing') },
    ])
    expect(check!()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('broken.ts') })
  })

  test('one name in two files is refused, naming both', async () => {
    await put('first.ts', command('same', '1'))
    await put('second.ts', command('same', '2'))
    await open()
    expect(await answer('same')).toEqual({ result: 1 })
    expect(log.of('command not loaded')).toMatchObject([
      { fields: { file: 'second.ts', reason: expect.stringContaining('is in first.ts already') } },
    ])
  })

  test('a disabled command is not offered', async () => {
    await put('a.ts', `${command('a')}`)
    await put('b.ts', `${command('b')}`)
    await open(['a'])
    expect(names()).toEqual(['b'])
  })

  test('a folder that does not exist ends the start with a sentence', async () => {
    const missing = openCommands({ directory: join(folder, 'nowhere'), catalog, log, disabled: [], ...strict })
    await expect(missing).rejects.toThrow(Failure)
    await expect(missing).rejects.toThrow(/command folder .*nowhere does not exist/)
  })

  test('a changed, added, renamed or removed file is what counts from then on, and a helper too', async () => {
    await put('_shared.ts', 'export const value = 1')
    await put('a.ts', `import { value } from './_shared.ts'\n${command('a', 'value')}`)
    await open()
    expect(await answer('a')).toEqual({ result: 1 })
    await put('_shared.ts', 'export const value = 2')
    await vi.waitFor(async () => expect(await answer('a')).toEqual({ result: 2 }), 5_000)
    await put('b.ts', command('b'))
    await vi.waitFor(() => expect(names()).toEqual(['a', 'b']), 5_000)
    await rename(join(folder, 'b.ts'), join(folder, '_b.ts'))
    await vi.waitFor(() => expect(names()).toEqual(['a']), 5_000)
    await put('a.ts', 'export default {')
    await vi.waitFor(() => expect(names()).toEqual([]), 5_000)
    await put('a.ts', command('a', '3'))
    await vi.waitFor(async () => expect(names()).toEqual(['a']), 5_000)
  })
})

const executed: Execution = {
  id: '5b0c3c1e-0000-4000-8000-000000000001',
  kind: 'tool',
  name: 'echo',
  owner: 'switchyard',
  callerId: 'local',
  callerName: 'local',
  via: 'cmd',
  parameters: { message: 'hi' },
  result: null,
  error: null,
  errorCode: null,
  status: 'ok',
  ms: 3,
  at: new Date('2026-11-21T10:00:00Z'),
  audit: 'buffered',
}
const asked: Query[] = []
const executions = {
  list: async (query: Query = {}) => {
    asked.push(query)
    return { executions: [executed], next: 'page2' }
  },
  get: async (id: string) => (id === executed.id ? executed : undefined),
}

const upstreams = () => [{ name: 'files', state: 'connected' }]
/** What they do is promised in keys.test.ts. */
const keys: Keys = {
  create: () => Promise.reject(new Error('no keys here')),
  list: async () => [],
  revoke: () => Promise.reject(new Error('no keys here')),
  verify: async () => undefined,
  requireActive: async () => {},
}
/** What they do is promised in users.test.ts. */
const nobody = () => Promise.reject(new Error('no users here'))
const users: Users = {
  create: nobody,
  list: async () => [],
  setRole: nobody,
  setPassword: nobody,
  setActive: nobody,
  signOut: nobody,
  changeOwn: nobody,
  sessionsOf: async () => [],
  endSession: nobody,
  audit: async () => [],
}
const signIns = {
  of: () => undefined,
  begin: () => Promise.reject(new Error('no sign-ins here')),
  end: () => Promise.reject(new Error('no sign-ins here')),
  finish: () => Promise.reject(new Error('no sign-ins here')),
}

/** What it does is promised in explain.test.ts. */
const explain = async () => {
  throw new Error('nothing to explain here')
}

/** What they do is promised in oauth-clients.test.ts. */
const consents = {
  list: async () => [],
  revoke: () => Promise.reject(new Error('nobody gave anything here')),
}

/** What they do is promised in pins.test.ts and approvals.test.ts. */
const pins: Pins = {
  mode: 'warn',
  catalog: createCatalog(silent),
  list: () => [],
  approve: () => Promise.reject(new Error('no pins here')),
  stop: async () => {},
}
const approvals: Approvals = {
  needs: undefined,
  admit: async () => {},
  decide: () => Promise.reject(new Error('no approvals here')),
  pending: async () => [],
  past: async () => ({ approvals: [] }),
  stop: async () => {},
}

/** What it does is promised in audit.test.ts. */
const audit = { announce: async () => {} }

/** What it does is promised in proxy.test.ts. */
const noProxy = () => {
  throw new Error('no proxy here')
}

describe('our own commands', () => {
  let yard: TestYard
  beforeAll(async () => {
    yard = await startYard(
      [],
      (middle) =>
        offerOwnCommands({
          ...{
            version: '1.2.3',
            audit,
            executions,
            keys,
            users,
            consents,
            explain,
            pins,
            approvals,
            upstreams,
            signIns,
            proxy: noProxy,
            ...middle,
          },
          folder: () => undefined,
          places: () => ({ url: 'http://127.0.0.1:9090', adminUrl: undefined }),
        }),
      {
        env: { SECRET_KEY: 'vK3n9ZcX8fQ2mB7tR5wY1pL6sD4hJ0gATq5Xw8Kd2Nf7' },
      },
    )
    yard.catalog.offer('far', [
      upstreamTool(
        'far_find',
        { description: 'Finds', inputSchema: { type: 'object', properties: { q: {} } } },
        async () => ({}),
      ),
    ])
  })
  afterAll(() => yard.stop())

  const call = async (name: string, given: Json = {}, caller = everything) => {
    const result = await yard.switch.call({ kind: 'tool', name, arguments: given, caller, via: 'cli' })
    return result.structuredContent as Record<string, never>
  }
  const reader: Caller = { id: 'r', name: 'reader', scopes: ['read'] }

  test('echo sends back what came', async () => {
    expect(await call('echo', { message: 'hi' })).toEqual({ message: 'hi' })
  })

  test('help lists what the caller may call, and tells about one command', async () => {
    const help = await call('help')
    expect(help).toMatchObject({ tool_info: { name: 'switchyard', version: '1.2.3' }, help_usage: expect.any(Object) })
    expect(help.commands).toMatchObject({
      echo: { name: 'echo', description: expect.any(String), type: 'built-in', schema: { type: 'object' }, params_count: 1 },
      far_find: { type: 'upstream', params_count: 1 },
    })
    expect(Object.keys((await call('help', {}, reader)).commands!)).toEqual([
      'help',
      'health',
      'commands',
      'grants',
      'grant_revoke',
      'registration_status',
    ])
    expect(await call('help', { cmdname: 'echo' })).toMatchObject({ name: 'echo', params_count: 1 })
    await expect(call('help', { cmdname: 'nothing' })).rejects.toMatchObject({ code: 'invalid_arguments' })
    expect(await call('help', { command: 'echo' })).toMatchObject({ hint: expect.stringContaining('cmdname') })
  })

  test('health has the components that command adapters have, and ours', async () => {
    expect(await call('health')).toMatchObject({
      status: 'ok',
      version: '1.2.3',
      uptime: expect.any(Number),
      components: {
        system: { node_version: process.versions.node, platform: process.platform, cpu_count: expect.any(Number) },
        process: { pid: process.pid, memory_usage_mb: expect.any(Number), start_time: expect.stringMatching(/^\d{4}-/) },
        commands: { registered_count: yard.catalog.all().length },
      },
    })
  })

  test('config masks secrets and says where each value came from', async () => {
    const { settings } = await call('config')
    expect(settings).toContainEqual({ key: 'server.port', value: 9090, origin: 'default' })
    expect(JSON.stringify(settings)).not.toContain('vK3n9Z')
  })

  test('commands is a flat list of what the caller may call', async () => {
    const { commands } = await call('commands')
    expect(commands).toContainEqual({
      name: 'far_find',
      description: 'Finds',
      owner: 'far',
      scope: 'call',
      schema: { type: 'object', properties: { q: {} } },
    })
    expect((await call('commands', {}, reader)).commands).toHaveLength(6)
  })

  test('executions hands the filters on, and finds one by its id', async () => {
    const shown = { ...executed, at: '2026-11-21T10:00:00.000Z' }
    expect(await call('executions', { status: 'ok', text: 'hi' })).toEqual({ executions: [shown], next: 'page2' })
    expect(asked.at(-1)).toEqual({ limit: 50, status: 'ok', text: 'hi' })
    expect(await call('executions', { id: executed.id })).toEqual({ executions: [shown] })
    await expect(call('executions', { id: 'no' })).rejects.toMatchObject({ code: 'invalid_arguments' })
    await expect(call('executions', { status: 'fine' })).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  test('upstreams shows what it is given', async () => {
    expect(await call('upstreams')).toEqual({ upstreams: [{ name: 'files', state: 'connected' }] })
  })

  test('what shows the inside is for admins', async () => {
    for (const name of ['config', 'executions', 'upstreams'])
      await expect(call(name, {}, reader)).rejects.toMatchObject({ code: 'forbidden' })
  })
})
