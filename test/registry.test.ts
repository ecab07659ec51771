/** What is promised of commands that are incomplete, and of loading and unloading them while the server runs. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Caller, Json } from '../app/call.ts'
import { buildCommands } from '../app/commands/build.ts'
import type { ToolDefinition } from '../app/commands/command.ts'
import { openJiti } from '../app/commands/folder.ts'
import { type CommandFolder, openCommands } from '../app/commands/loader.ts'
import { pluginCommands } from '../app/commands/plugins.ts'
import { reportOf } from '../app/commands/report.ts'
import { review } from '../app/commands/review.ts'
import { createReadRun, type ReadRun } from '../app/commands/run-params.ts'
import { settingCommands } from '../app/commands/settings.ts'
import { transportCommands } from '../app/commands/transports.ts'
import { startYard, type TestYard } from './fakes/yard.ts'

const strict = { strict: true, autoFix: false }
const lenient = { strict: false, autoFix: false }
const fixing = { strict: true, autoFix: true }

let readRun: ReadRun
beforeAll(async () => {
  readRun = createReadRun(await openJiti(tmpdir()))
})

const whole: ToolDefinition = { name: 'sum_values', description: 'Adds', returns: 'The sum', run: () => 1 }
const number = { type: 'integer', description: 'A number' } as const

describe('what is missing', () => {
  test.each<[string, Json, string]>([
    ['a description', { description: undefined }, 'description is missing'],
    ['what comes back', { returns: undefined }, 'returns is missing'],
    ['a type', { params: { a: { description: 'A' } } }, "parameter 'a' has no type"],
    ['the words for a parameter', { params: { a: { type: 'integer' } } }, "parameter 'a' has no description"],
    [
      'a default of the type',
      { params: { a: { ...number, default: 'x' } } },
      "parameter 'a': default does not fit: a must be integer",
    ],
    [
      'a default among the values',
      { params: { a: { ...number, enum: [1], default: 2 } } },
      "parameter 'a': default does not fit",
    ],
    ['values of the type', { params: { a: { ...number, enum: [1, 'x'] } } }, "parameter 'a': enum does not fit the type"],
    ['a known name in an example', { examples: [{ params: { z: 1 } }] }, 'example 1: arguments has no member "z"'],
    [
      'what an example needs',
      { params: { a: { ...number, required: true } }, examples: [{ params: {} }] },
      'example 1: a is missing',
    ],
    ['a required parameter', { input: { type: 'object', properties: {}, required: ['a'] } }, "'a' is required, but not among"],
    ['words in a JSON Schema', { input: { type: 'object', properties: { a: {} } } }, "parameter 'a' has no type"],
    ['a parameter that run takes', { run: ({ a }: Json) => a }, "run takes 'a', which is not among the parameters"],
    ['a parameter in run', { params: { a: number }, run: ({ ...none }: Json, { caller }: Json) => [none, caller] }, ''],
    [
      'a parameter that run forgot',
      { params: { a: number, b: number }, run: ({ a }: Json) => a },
      "parameter 'b' is documented, but",
    ],
  ])('%s: refused strictly, told leniently', (_, more, sentence) => {
    const definition = { ...whole, ...more }
    const problems = sentence ? [expect.stringContaining(sentence)] : []
    const strictly = review(definition, strict, readRun)
    expect(strictly.problems.slice(0, 1)).toEqual(problems)
    expect(strictly.definition === undefined).toBe(problems.length > 0)
    const leniently = review(definition, lenient, readRun)
    expect(leniently.warnings.slice(0, 1)).toEqual(problems)
    expect(leniently.definition).toBe(definition)
  })

  test('what cannot be used is refused in every mode', () => {
    for (const mode of [strict, lenient, fixing, { strict: false, autoFix: true }])
      expect(review({ ...whole, scopes: 'admin' }, mode).problems).toEqual([expect.stringContaining('unknown member "scopes"')])
  })

  test('what follows from the rest is completed when that is wanted, and said', () => {
    const run = ({ city, limit = 5, all = false }: Json) => [city, limit, all]
    const { definition, fixed, problems } = review({ name: 'find_city', run, params: { city: {} } }, fixing, readRun)
    expect(problems).toEqual([])
    expect(definition).toMatchObject({
      description: 'Find City',
      returns: 'What find_city answers',
      params: {
        city: { type: 'string', description: 'Parameter city', required: true },
        limit: { type: 'integer', description: 'Parameter limit', default: 5 },
        all: { type: 'boolean', description: 'Parameter all', default: false },
      },
    })
    expect(fixed).toEqual(
      expect.arrayContaining(['description is "Find City"', expect.stringContaining("parameter 'limit' has")]),
    )
    const left = review({ ...whole, params: { a: { ...number, default: 'x' } } }, fixing, readRun)
    expect(left.problems).toEqual([expect.stringContaining('default does not fit')])
  })
})

describe('which parameters the code takes', () => {
  const names = (run: (...given: never[]) => unknown) => readRun(run)?.params.map(({ name }) => name)
  test('is read from methods, arrows and functions, with and without async', () => {
    const method = { async run({ a, b: other = 1 }: Json) { return [a, other] } } // biome-ignore format: one line
    expect(names(method.run)).toEqual(['a', 'b'])
    expect(names(({ a }: Json) => a)).toEqual(['a'])
    expect(names(async function find({ 'a-b': a }: Json) { return a })).toEqual(['a-b']) // biome-ignore format: one line
  })
  test('is not guessed where the code does not say', () => {
    const key = 'a'
    for (const run of [(input: Json) => input.a, () => 1, Math.max, ({ [key]: b }: Json) => b]) expect(names(run)).toBeUndefined()
    expect(readRun(({ a, ...rest }: Json) => [a, rest])).toMatchObject({ rest: true })
  })
})

describe('while the server runs', () => {
  let folder: string
  let yard: TestYard
  let opened: CommandFolder
  const admin: Caller = { id: 'a', name: 'admin', scopes: ['read', 'call', 'admin'] }
  const put = (file: string, text: string) => writeFile(join(folder, file), text)
  const source = (name: string, more = "returns: 'R'") =>
    `export default { name: '${name}', description: 'D', ${more}, run: () => 1 }`
  const call = async (name: string, given: Json = {}, caller = admin) =>
    (await yard.switch.call({ kind: 'tool', name, arguments: given, caller, via: 'cli' })).structuredContent as Json
  const custom = () =>
    yard.catalog
      .list('tools', { caller: admin, via: 'cli' })
      .filter(({ owner }) => owner === 'commands')
      .map(({ name }) => name)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-registry-'))
    await put('a.ts', source('a'))
    await put('b.ts', source('b'))
    await put('_hidden.ts', source('hidden'))
    await mkdir(join(folder, 'more'))
    await put('more/deep.ts', source('deep'))
    yard = await startYard(
      [],
      ({ catalog, settled, sessions }) => {
        const places = () => ({ url: 'http://127.0.0.1:9090', adminUrl: undefined })
        const own = [
          ...pluginCommands(() => opened, settled, { announce: async () => {} }),
          ...settingCommands(settled),
          ...transportCommands(settled, sessions, places),
        ]
        catalog.offer('switchyard', buildCommands(own, 'switchyard'))
      },
      { env: { SECRET_KEY: 'vK3n9ZcX8fQ2mB7tR5wY1pL6sD4hJ0gATq5Xw8Kd2Nf7' } },
    )
    opened = await openCommands({ directory: folder, catalog: yard.catalog, log: yard.log, disabled: ['off'], ...strict })
  })
  afterEach(async () => {
    await opened.stop?.()
    await yard.stop()
    await rm(folder, { recursive: true })
  })

  test('a command can be taken out, and comes back with load or reload', async () => {
    expect(await call('unload', { name: 'a' })).toEqual({ unloaded: 'a' })
    expect(custom()).toEqual(['b'])
    await expect(call('unload', { name: 'a' })).rejects.toThrow(/no command of the folder that is loaded/)
    expect((await call('plugins')).files).toMatchObject([{ file: 'a.ts', commands: [{ name: 'a', state: 'unloaded' }] }, {}])
    expect(await call('load', { file: 'a.ts' })).toMatchObject({ file: 'a.ts', commands: [{ name: 'a', state: 'loaded' }] })
    expect(custom()).toEqual(['a', 'b'])
    await call('unload', { name: 'b' })
    expect(await call('reload')).toMatchObject({ commands: { total: 2, successful: 2, failed: 0 }, restart_needed: [] })
    expect(custom()).toEqual(['a', 'b'])
  })

  test('a file that is not loaded by itself can be, and one outside of the folder cannot', async () => {
    for (const file of ['_hidden.ts', 'more/deep.ts']) await call('load', { file })
    expect(custom()).toEqual(['a', 'b', 'hidden', 'deep'])
    const outside = await mkdtemp(join(tmpdir(), 'switchyard-outside-'))
    await writeFile(join(outside, 'x.ts'), source('x'))
    await symlink(join(outside, 'x.ts'), join(folder, '_link.ts'))
    for (const file of [join(outside, 'x.ts'), '../x.ts', '_link.ts', 'none.ts', 'more', '/etc/passwd'])
      await expect(call('load', { file }), file).rejects.toMatchObject({ code: 'invalid_arguments' })
    expect(custom()).not.toContain('x')
    await rm(outside, { recursive: true })
  })

  test('an error in one file leaves the others standing, and the report names it', async () => {
    await put('b.ts', 'export default {')
    await put('c.ts', source('c', 'params: { x: {} }'))
    const { commands } = (await call('reload')) as { commands: Json }
    expect(commands).toMatchObject({
      ...{ total: 3, successful: 1, failed: 2, files: { 'b.ts': 'b.ts', c: 'c.ts' } },
      errors: {
        'b.ts': [expect.stringContaining('Unexpected')],
        c: expect.arrayContaining(["parameter 'x' has no description"]),
      },
    })
    expect(custom()).toEqual(['a'])
    expect(reportOf(opened.found())).toEqual(commands)
  })

  test('settings tells of each what it is for, and no secret; a prefix leaves some', async () => {
    const { settings } = (await call('settings', { prefix: 'commands.' })) as { settings: Json[] }
    expect(settings).toContainEqual({
      ...{ key: 'commands.strict', value: true, origin: 'default', default: 'true', variable: 'MCP_COMMANDS_STRICT' },
      ...{ help: expect.stringContaining('complete'), expected: expect.any(String) },
    })
    expect(settings.every(({ key }) => String(key).startsWith('commands.'))).toBe(true)
    expect(JSON.stringify(await call('settings'))).not.toContain('vK3n9Z')
  })

  test('transport_management tells where each way in is', async () => {
    expect(await call('transport_management')).toMatchObject({
      transport: 'sse',
      transports: expect.arrayContaining([{ name: 'sse', address: 'http://127.0.0.1:9090/sse', sessions: 0 }]),
    })
    expect(await call('transport_management', { action: 'sessions' })).toEqual({ sessions: [] })
  })

  test('all of it is for admins', async () => {
    for (const name of ['reload', 'load', 'unload', 'plugins', 'settings', 'transport_management'])
      await expect(call(name, {}, { ...admin, scopes: ['read', 'call'] })).rejects.toMatchObject({ code: 'forbidden' })
  })
})
