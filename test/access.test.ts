/** What callers may see and call: rules of the configuration and the tools of a key, the same for lists and for calls, whatever the way in. */
import { describe, expect, test } from 'vitest'
import { fitsPattern } from '../app/access/fits.ts'
import type { Rule } from '../app/access/words.ts'
import { createAccess } from '../app/access.ts'
import type { Caller, Command, Json, Via } from '../app/call.ts'
import { createCatalog } from '../app/catalog.ts'
import { type ConfigError, loadConfig } from '../app/config.ts'
import type { Failure } from '../app/errors.ts'
import { authorize, record, supply, validate } from '../app/policies/index.ts'
import type { NewExecution } from '../app/store/execution-rows.ts'
import { createSwitch } from '../app/switch.ts'
import { collectedLog } from './fakes/collected-log.ts'

const ann: Caller = { id: 'key:aaaaaaaa', name: 'ann', scopes: ['read', 'call'] }
const bob: Caller = { id: 'user:1', name: 'bob', scopes: ['read', 'call', 'admin'], role: 'admin' }

const tool = (
  name: string,
  owner = 'erp',
  properties: Json = { region: { type: 'string' }, tenant: { type: 'string' } },
): Command => ({
  kind: 'tool',
  name,
  owner,
  scope: 'call',
  definition: {
    name,
    inputSchema: { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
  },
  run: async ({ arguments: values }) => ({ structuredContent: values }),
})

/** Takes whatever it is given. */
const bay: Command = { ...tool('bay_find', 'bay'), definition: { name: 'bay_find', inputSchema: { type: 'object' } } }

/** A catalogue and a switch over these rules. */
function under(rules: readonly Rule[], usual: 'allow' | 'deny' = 'allow') {
  const access = createAccess({ default: usual, rules })
  const log = collectedLog()
  const catalog = createCatalog(log, access)
  const rows: NewExecution[] = []
  const history = { add: (row: NewExecution) => void rows.push(row), begin: async () => {}, finish: async () => {} }
  const toSwitch = createSwitch(catalog, [
    record(history, { audit: 'buffered', keep: 1_000 }, log),
    authorize(access),
    validate(log),
    supply(access),
  ])
  const open = (name: string, properties: Json = {}) => tool(name, 'shop', properties)
  catalog.offer('switchyard', [{ ...open('keys_list'), owner: 'switchyard', scope: 'admin' }])
  catalog.offer('erp', [tool('erp_query'), tool('erp_delete')])
  catalog.offer('shop', [
    open('shop_find'),
    { ...open('file:///{path}'), kind: 'resource', definition: { uriTemplate: 'file:///{path}' } },
    { ...open('greet'), kind: 'prompt', definition: { name: 'greet' } },
  ])
  catalog.instruct('shop', 'Be polite.')
  return {
    rows,
    catalog,
    access,
    names: (caller: Caller, via: Via = 'http') => catalog.list('tools', { caller, via }).map(({ name }) => name),
    schema: (caller: Caller, name: string) => catalog.find('tool', name, { caller, via: 'http' })?.definition.inputSchema as Json,
    call: (caller: Caller, name: string, values: Json = {}, via: Via = 'http', kind: Command['kind'] = 'tool') =>
      toSwitch
        .call({ kind, name, arguments: values, caller, via })
        .catch(({ code, message }: Failure) => ({ code, message }) as Json),
  }
}

const full = { region: 'eu', tenant: 'acme' }

describe('a rule', () => {
  test('denies what it names: it is not listed, and calling it looks like calling what does not exist', async () => {
    const { names, call, rows } = under([{ name: 'no erp', effect: 'deny', upstreams: ['erp'] }])
    expect(names(ann)).toEqual(['shop_find'])
    const [denied, unknown] = [await call(ann, 'erp_query', full), await call(ann, 'erp_nothing', full)]
    expect(denied).toEqual({ code: 'unknown_command', message: 'unknown tool "erp_query"' })
    expect({ ...unknown, message: String(unknown.message).replace('erp_nothing', 'erp_query') }).toEqual(denied)
    // Whoever looks after the server reads the truth.
    expect(rows.map(({ errorCode, owner, status }) => [errorCode, owner, status])).toEqual([
      ['forbidden', 'erp', 'refused'],
      ['unknown_command', '', 'refused'],
    ])
  })

  test('is one of several, and the first that fits decides', async () => {
    const { names } = under([
      { name: 'queries', effect: 'allow', tools: ['*_query'] },
      { name: 'nothing else of erp', effect: 'deny', upstreams: ['erp'] },
    ])
    expect(names(ann)).toEqual(['erp_query', 'shop_find'])
  })

  test.each<[string, Partial<Rule>, Caller, Via, boolean]>([
    ['a key by its name', { keys: ['an*'] }, ann, 'http', true],
    ['a key by its id', { keys: ['aaaaaaaa'] }, ann, 'http', true],
    ['no person whose name is that of a key', { keys: ['bob'] }, bob, 'http', false],
    ['a role', { roles: ['admin'] }, bob, 'http', true],
    ['nobody of another role', { roles: ['viewer'] }, bob, 'http', false],
    ['nobody without a role', { roles: ['admin'] }, ann, 'http', false],
    ['a claim', { claims: { team: ['sales'] } }, { ...ann, claims: { team: ['it', 'sales'] } }, 'http', true],
    [
      'a scope among several in one text',
      { claims: { scope: ['mcp'] } },
      { ...ann, claims: { scope: 'openid mcp' } },
      'http',
      true,
    ],
    ['nobody without the claim', { claims: { team: ['*'] } }, ann, 'http', false],
    ['no claim of the prototype', { claims: { constructor: ['*'] } }, { ...ann, claims: {} }, 'http', false],
    ['a way in', { surfaces: ['cmd'] }, ann, 'cmd', true],
    ['no other way in', { surfaces: ['cmd'] }, ann, 'http', false],
    ['a caller by id', { callers: ['user:*'] }, bob, 'http', true],
  ])('fits %s', (_, about, caller, via, fits) => {
    const { names } = under([{ name: 'r', effect: 'deny', tools: ['shop_*'], ...about }])
    expect(names(caller, via).includes('shop_find')).toBe(!fits)
  })

  test('of arguments narrows what is listed, and refuses what is outside', async () => {
    const { schema, call } = under([
      { name: 'europe', effect: 'allow', tools: ['erp_query'], arguments: { region: ['eu', 'uk'] } },
      { name: 'no erp', effect: 'deny', upstreams: ['erp'] },
    ])
    expect(schema(ann, 'erp_query').properties).toMatchObject({ region: { type: 'string', enum: ['eu', 'uk'] } })
    expect(await call(ann, 'erp_query', full)).toEqual({ structuredContent: full })
    expect(await call(ann, 'erp_query', { ...full, region: 'us' })).toMatchObject({ code: 'invalid_arguments' })
    expect(await call(ann, 'erp_query', { tenant: 'acme' })).toMatchObject({ code: 'invalid_arguments' })
    expect(schema(ann, 'erp_delete')).toBeUndefined()
  })

  test('that denies a value refuses it alone, also inside a list and as a number', async () => {
    const { call } = under([{ name: 'not us', effect: 'deny', tools: ['erp_*'], arguments: { region: ['us', '7'] } }])
    expect(await call(ann, 'erp_query', full)).toEqual({ structuredContent: full })
    for (const region of ['us', ['eu', 'us'], 7])
      expect(await call(ann, 'erp_query', { ...full, region })).toMatchObject({ code: 'invalid_arguments' })
  })

  test('reaches into arguments by a dotted name', async () => {
    const rules: Rule[] = [{ name: 'r', effect: 'deny', tools: ['bay_*'], arguments: { 'filter.team': ['hr'] } }]
    const { call, catalog } = under(rules)
    catalog.offer('bay', [bay])
    expect(await call(ann, 'bay_find', { filter: { team: 'hr' } })).toMatchObject({ code: 'invalid_arguments' })
    expect(await call(ann, 'bay_find', { 'filter.team': 'hr' })).toMatchObject({ code: 'invalid_arguments' })
    expect(await call(ann, 'bay_find', { filter: { team: 'it' } })).toHaveProperty('structuredContent')
  })

  test('that allows a dotted argument is not passed by a name with a dot in it, nor by an empty list', async () => {
    const { call, catalog } = under([
      { name: 'r', effect: 'allow', tools: ['bay_*'], arguments: { 'filter.team': ['it'] } },
      { name: 'else', effect: 'deny', upstreams: ['bay'] },
    ])
    catalog.offer('bay', [bay])
    const of = (values: Json) => call(ann, 'bay_find', values)
    expect(await of({ filter: { team: 'it' } })).toHaveProperty('structuredContent')
    expect(await of({ 'filter.team': 'it', filter: { team: 'hr' } })).toMatchObject({ code: 'invalid_arguments' })
    expect(await of({ filter: { team: [] } })).toMatchObject({ code: 'invalid_arguments' })
    expect(await of({ filter: {} })).toMatchObject({ code: 'invalid_arguments' })
  })

  test('that denies a number denies the same number in a text', async () => {
    const { call, catalog } = under([{ name: 'r', effect: 'deny', tools: ['bay_*'], arguments: { id: [5] } }])
    catalog.offer('bay', [bay])
    for (const id of [5, '5']) expect(await call(ann, 'bay_find', { id })).toMatchObject({ code: 'invalid_arguments' })
    expect(await call(ann, 'bay_find', { id: 6 })).toHaveProperty('structuredContent')
  })

  test('is one of several that let a tool pass: what all take away is gone, and what any takes away is not asked for', async () => {
    const { schema, call, access, catalog } = under([
      { name: 'eu', effect: 'allow', tools: ['erp_query'], arguments: { region: ['eu'] }, fixed: { tenant: 'a' } },
      { name: 'us', effect: 'allow', tools: ['erp_query'], arguments: { region: ['us'] }, fixed: { tenant: 'b' } },
      { name: 'else', effect: 'deny', upstreams: ['erp'] },
    ])
    expect(schema(ann, 'erp_query')).toMatchObject({ properties: { region: { type: 'string' } }, required: ['region'] })
    expect(schema(ann, 'erp_query').properties).not.toHaveProperty('tenant')
    expect(await call(ann, 'erp_query', { region: 'us' })).toEqual({ structuredContent: { region: 'us', tenant: 'b' } })
    const values = { region: 'eu', tenant: 'zzz' }
    expect(await call(ann, 'erp_query', values)).toMatchObject({ code: 'invalid_arguments' })
    const command = catalog.find('tool', 'erp_query')!
    expect(access.explain(command, { caller: ann, via: 'http' }, values).allowed).toBe(false)
  })

  test('fixes and hides arguments: callers neither see nor give them, and the tool gets what is fixed', async () => {
    const rule: Rule = { name: 'tenant', effect: 'allow', upstreams: ['erp'], fixed: { tenant: 'acme' } }
    const { schema, call, rows } = under([rule])
    expect(schema(ann, 'erp_query')).toMatchObject({ properties: { region: {} }, required: ['region'] })
    expect(schema(ann, 'erp_query').properties).not.toHaveProperty('tenant')
    expect(await call(ann, 'erp_query', { region: 'eu' })).toEqual({ structuredContent: { region: 'eu', tenant: 'acme' } })
    expect(JSON.parse(rows[0]!.parameters!)).toEqual({ region: 'eu', tenant: 'acme' })
    expect(await call(ann, 'erp_query', { region: 'eu', tenant: 'other' })).toEqual({
      code: 'invalid_arguments',
      message: 'erp_query: tenant is no argument of this tool',
    })
  })

  test('reaches resources, templates by the address that is read, prompts, completions, and what upstreams say', async () => {
    const { call, catalog } = under([
      { name: 'secret files', effect: 'deny', resources: ['file:///secret*'] },
      { name: 'prompts', effect: 'deny', prompts: ['*'] },
    ])
    expect(await call(ann, 'file:///open', {}, 'http', 'resource')).toHaveProperty('structuredContent')
    expect(await call(ann, 'file:///secret/1', {}, 'http', 'resource')).toMatchObject({ code: 'unknown_resource' })
    expect(await call(ann, 'greet', {}, 'http', 'prompt')).toMatchObject({ code: 'unknown_command' })
    expect(await call(ann, 'prompt greet', {}, 'http', 'completion')).toMatchObject({ code: 'unknown_command' })
    expect([...catalog.instructions({ caller: ann, via: 'http' }).keys()]).toEqual(['shop'])
    const shut = under([{ name: 'r', effect: 'deny', upstreams: ['shop'] }])
    expect([...shut.catalog.instructions({ caller: ann, via: 'http' }).keys()]).toEqual([])
  })

  test('never takes commands of the admin scope from an admin: a mistake would lock everybody out', async () => {
    const { names } = under([{ name: 'all', effect: 'deny' }], 'deny')
    expect(names(bob)).toEqual(['keys_list'])
    expect(names(ann)).toEqual([])
  })

  test('that is missing leaves it to the default', () => {
    expect(under([], 'deny').names(ann)).toEqual([])
    expect(under([{ name: 'a', effect: 'allow', keys: ['ann'], tools: ['shop_*'] }], 'deny').names(ann)).toEqual(['shop_find'])
  })
})

describe('the tools of a key', () => {
  test('are all that exists for it', async () => {
    const { names, call } = under([])
    const narrow: Caller = { ...ann, tools: ['shop_*', 'erp_query'] }
    expect(names(narrow)).toEqual(['erp_query', 'shop_find'])
    expect(await call(narrow, 'erp_delete', full)).toMatchObject({ code: 'unknown_command' })
    expect(await call(narrow, 'erp_query', full)).toHaveProperty('structuredContent')
  })

  test.each<Via>(['stdio', 'sse', 'http', 'websocket', 'cmd', 'rest', 'admin'])(
    'hold for commands of the admin scope too, in lists and in calls, by %s',
    async (via) => {
      const { names, call, access, catalog } = under([])
      const why = (caller: Caller) => access.explain(catalog.find('tool', 'keys_list')!, { caller, via })
      const narrow: Caller = { ...ann, scopes: ['read', 'call', 'admin'], tools: ['shop_*'] }
      expect(names(narrow, via)).toEqual(['shop_find'])
      const [hidden, unknown] = [await call(narrow, 'keys_list', {}, via), await call(narrow, 'keys_lost', {}, via)]
      expect(hidden).toEqual({ code: 'unknown_command', message: 'unknown tool "keys_list"' })
      expect({ ...unknown, message: String(unknown.message).replace('keys_lost', 'keys_list') }).toEqual(hidden)
      expect(why(narrow)).toEqual({ allowed: false, text: 'the tools of this key are shop_*' })
      const one: Caller = { ...narrow, tools: ['keys_*'] }
      expect(names(one, via)).toEqual(['keys_list'])
      expect(await call(one, 'keys_list', {}, via)).toHaveProperty('structuredContent')
      expect(why(one).allowed).toBe(true)
    },
  )

  test('leave to an admin what no rule can take away', async () => {
    const { names, call } = under([{ name: 'all', effect: 'deny' }], 'deny')
    const keeper: Caller = { ...ann, scopes: ['admin'], tools: ['keys_*'] }
    expect(names(keeper)).toEqual(['keys_list'])
    expect(await call(keeper, 'keys_list')).toHaveProperty('structuredContent')
    expect(names({ ...keeper, tools: ['shop_*'] })).toEqual([])
  })

  test('make no audience of somebody who has others', () => {
    const { catalog } = under([])
    const of = (tools?: string[]) => catalog.audience({ caller: { ...ann, tools }, via: 'http' })
    expect(new Set([of(), of(['a']), of(['b'])]).size).toBe(3)
    expect(of(['a'])).toBe(of(['a']))
  })
})

test('whoever may call nothing cannot tell a tool that exists from one that does not', async () => {
  const { call } = under([])
  const reader: Caller = { ...ann, scopes: ['read'] }
  const [known, unknown] = [await call(reader, 'erp_query', full), await call(reader, 'erp_quaky', full)]
  expect(known).toMatchObject({ code: 'forbidden' })
  expect({ ...unknown, message: String(unknown.message).replace('quaky', 'query') }).toEqual(known)
})

test('an explanation names the rule, the tools of the key, or the default', () => {
  const { access, catalog } = under([{ name: 'no erp', effect: 'deny', upstreams: ['erp'] }])
  const why = (name: string, caller: Caller) => access.explain(catalog.find('tool', name)!, { caller, via: 'http' }).text
  expect(why('erp_query', ann)).toBe('the rule "no erp" denies it')
  expect(why('shop_find', ann)).toBe('no rule fits, and access.default allows it')
  expect(why('shop_find', { ...ann, tools: ['erp_*'] })).toBe('the tools of this key are erp_*')
})

test('a pattern is no expression, and a hostile one costs nothing', () => {
  expect(fitsPattern('a.c', 'abc')).toBe(false)
  expect(fitsPattern('(a+)+$*', '(a+)+$b')).toBe(true)
  expect(fitsPattern('*', 'a\nb')).toBe(true)
  expect(fitsPattern('****a', 'b'.repeat(10_000))).toBe(false)
  // An expression would take hours over this.
  expect(fitsPattern('*a*a*.txt', 'a'.repeat(2_000_000))).toBe(false)
  expect(fitsPattern('a*b*c', 'a-b-b-c')).toBe(true)
  expect(fitsPattern('ab*ba', 'aba')).toBe(false)
})

describe('rules in the configuration', () => {
  const problemOf = (rules: unknown) => {
    try {
      loadConfig({ flags: {}, env: { MCP_ACCESS_RULES: JSON.stringify(rules) }, cwd: '/', home: '/' })
    } catch (error) {
      return (error as ConfigError).message
    }
    return undefined
  }
  test.each<[string, unknown, RegExp]>([
    ['no effect', [{ tools: ['a'] }], /access\.rules rule 1 must have effect: allow or deny/],
    [
      'a mistyped member',
      [{ effect: 'deny' }, { effect: 'deny', name: 'x', tool: ['a'] }],
      /rule 2 \(x\) has no member tool: did you mean tools\?/,
    ],
    ['a text for a list', [{ effect: 'deny', tools: 'a' }], /rule 1 must have a list of texts in tools/],
    ['an unknown surface', [{ effect: 'deny', surfaces: ['ftp'] }], /must have some of stdio, sse/],
    ['the command line as a way in', [{ effect: 'deny', surfaces: ['http', 'cli'] }], /rule 1 must not name cli: whoever starts/],
    ['the command line as a caller', [{ effect: 'deny', callers: ['cli'] }], /rule 1 must not name cli: whoever starts/],
    ['fixed in a denial', [{ effect: 'deny', fixed: { a: 1 } }], /must not have fixed or hidden/],
    ['no list at all', { effect: 'deny' }, /access\.rules must be a list of rules/],
  ])('with %s are refused with what would be right', (_, rules, message) => {
    expect(problemOf(rules)).toMatch(message)
  })
  test('take one value for a list of values', () => {
    const rules = [{ effect: 'allow', claims: { team: 'it' }, arguments: { region: 'eu' } }]
    const { config } = loadConfig({ flags: {}, env: { MCP_ACCESS_RULES: JSON.stringify(rules) }, cwd: '/', home: '/' })
    expect(config.access.rules).toEqual([
      { name: 'rule 1', effect: 'allow', claims: { team: ['it'] }, arguments: { region: ['eu'] } },
    ])
  })
})
