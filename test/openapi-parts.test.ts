/** What is promised about the parts that OpenAPI services are made of, for whatever stands in documents and arguments. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readUpstreams } from '../app/config/upstreams.ts'
import { Failure } from '../app/errors.ts'
import { argumentName, parameterNames } from '../app/upstreams/openapi/arguments.ts'
import { Broken, Documents, parseText } from '../app/upstreams/openapi/documents.ts'
import { fitsPattern } from '../app/upstreams/openapi/operations.ts'
import type { OperationPlan, ParameterPlan } from '../app/upstreams/openapi/plan.ts'
import { SchemaWriter } from '../app/upstreams/openapi/schema.ts'
import { headerText, pathText, queryPairs } from '../app/upstreams/openapi/serialize.ts'
import { serverOf } from '../app/upstreams/openapi/servers.ts'
import { targetOf } from '../app/upstreams/openapi/target.ts'

const parameter = (more: Partial<ParameterPlan>): ParameterPlan => ({
  argument: 'id',
  name: 'id',
  in: 'path',
  style: 'simple',
  explode: false,
  ...more,
})
const planOf = (path: string, parameters: ParameterPlan[]): OperationPlan => ({
  method: 'GET',
  path,
  server: 'http://service.example/api',
  parameters,
  accept: '*/*',
})

describe('a value in a path', () => {
  const plan = planOf('/things/{id}/parts', [parameter({})])
  test('comes out as it went in, in its own segment, or not at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('.', '..', '../..', '%2e%2e', '/', '//x', '?', '#', '\\', ';')),
        (id) => {
          let url: URL
          try {
            url = targetOf(plan, { id }, [])
          } catch (failure) {
            expect(failure).toBeInstanceOf(Failure)
            expect(['', '.', '..']).toContain(id)
            return
          }
          const segments = url.pathname.split('/')
          expect([url.origin, url.search, url.hash, segments.length]).toEqual(['http://service.example', '', '', 5])
          expect([segments[1], segments[2], decodeURIComponent(segments[3]!), segments[4]]).toEqual([
            'api',
            'things',
            id,
            'parts',
          ])
        },
      ),
    )
  })

  test.each([
    [parameter({ style: 'simple' }), [3, 4], '3,4'],
    [parameter({ style: 'simple', explode: true }), { a: 1, b: 2 }, 'a=1,b=2'],
    [parameter({ style: 'simple' }), { a: 1, b: 2 }, 'a,1,b,2'],
    [parameter({ style: 'label' }), [3, 4], '.3,4'],
    [parameter({ style: 'label', explode: true }), [3, 4], '.3.4'],
    [parameter({ style: 'matrix' }), [3, 4], ';id=3,4'],
    [parameter({ style: 'matrix', explode: true }), [3, 4], ';id=3;id=4'],
    [parameter({ style: 'matrix' }), 'blue', ';id=blue'],
    [parameter({ json: true }), { a: '/' }, encodeURIComponent('{"a":"/"}')],
  ])('%o of %o is %s', (plan, value, expected) => {
    expect(pathText(plan, value)).toBe(expected)
  })
})

describe('a value in a query', () => {
  test('comes out as it went in, and adds nothing else', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        (name, value, reserved) => {
          const pairs = queryPairs(parameter({ name, in: 'query', style: 'form', explode: true, reserved }), value)
          // `+` is itself in a URL, and a space only in a form.
          const read = new URLSearchParams(pairs.join('&').replaceAll('+', '%2B'))
          expect([...read]).toEqual([[name, value]])
        },
      ),
    )
  })
})

test('a header holds no line break and no letter that it has no form for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const plan = parameter({ in: 'header', name: 'X-A' })
      try {
        expect(headerText(plan, value)).toBe(value)
        expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
      } catch (failure) {
        expect(failure).toBeInstanceOf(Failure)
      }
    }),
  )
})

test('arguments have names that every model takes, each its own', () => {
  expect(['filter[name]', '$top', 'X-Api', 'Номер', '@', 'a'.repeat(80)].map(argumentName)).toEqual([
    'filter_name',
    'top',
    'X-Api',
    expect.stringMatching(/^field_[0-9a-f]{8}$/),
    expect.stringMatching(/^field_[0-9a-f]{8}$/),
    expect.stringMatching(/^a{50}_[0-9a-f]{8}$/),
  ])
  const named = fc.record({ name: fc.string({ unit: 'binary' }), in: fc.constantFrom('path', 'query', 'header', 'cookie') })
  fc.assert(
    fc.property(fc.array(named), (parameters) => {
      const names = parameterNames(parameters)
      expect(new Set(names).size).toBe(parameters.length)
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_.-]{1,64}$/)
    }),
  )
})

describe('a schema', () => {
  const at = 'http://service.example/openapi.json'
  function written(schema: unknown, schemas: object = {}, direction: 'input' | 'output' = 'input', levels = 40) {
    const documents = new Documents()
    documents.add(at, { components: { schemas } })
    const writer = new SchemaWriter(documents, { direction, levels })
    return writer.finish({ type: 'object', properties: { value: writer.write(schema, at, 1) } })
  }
  const valueIn = (...given: Parameters<typeof written>) => (written(...given).properties as { value: unknown }).value

  test.each([
    [
      { type: 'integer', minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
      { type: 'integer', exclusiveMinimum: 1, maximum: 9 },
    ],
    [
      { type: 'string', nullable: true, enum: ['a', 'a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [{ nullable: true, allOf: [{ type: 'string' }] }, { anyOf: [{ allOf: [{ type: 'string' }] }, { type: 'null' }] }],
    [
      { type: 'string', format: 'byte', example: 'YQ==' },
      { type: 'string', contentEncoding: 'base64', examples: ['YQ=='] },
    ],
    [{ type: 'string', pattern: '(?<', format: 'unheard-of', minLength: '3', required: true }, { type: 'string' }],
    [{ type: 'any' }, {}],
    [
      { type: 'object', required: ['id', 'name'], properties: { id: { readOnly: true }, name: {} } },
      { type: 'object', required: ['name'], properties: { name: {} } },
    ],
    [
      { oneOf: [{ type: 'string' }, { type: 'integer' }], discriminator: { propertyName: 'k' } },
      { anyOf: [{ type: 'string' }, { type: 'integer' }], discriminator: { propertyName: 'k' } },
    ],
    [{ oneOf: [{ type: 'string' }, { type: 'integer' }] }, { oneOf: [{ type: 'string' }, { type: 'integer' }] }],
    [{ $ref: '#/components/schemas/A', nullable: true }, { anyOf: [{ type: 'boolean' }, { type: 'null' }] }],
  ])('%o as an input is %o', (schema, expected) => {
    expect(valueIn(schema, { A: { type: 'boolean' } })).toEqual(expected)
  })

  test('as an output asks for nothing, because services do not keep to their documents', () => {
    const schema = {
      type: 'object',
      required: ['a'],
      additionalProperties: false,
      properties: { a: { type: 'string', format: 'date', enum: ['x'] }, pin: { type: 'string', writeOnly: true } },
    }
    expect(valueIn(schema, {}, 'output')).toEqual({
      type: ['object', 'null'],
      properties: { a: { type: ['string', 'null'], enum: ['x', null] } },
    })
  })

  test('that is too deep is cut, and then takes anything there', () => {
    const deep = Array.from({ length: 6 }).reduce<object>((inner) => ({ type: 'object', properties: { in: inner } }), {
      type: 'string',
    })
    expect(JSON.stringify(valueIn(deep, {}, 'input', 3))).toBe(
      '{"type":"object","properties":{"in":{"type":"object","properties":{"in":{"type":"object","properties":{"in":{}}}}}}}',
    )
  })

  test('of any document compiles, stays in proportion, and is checked to its end', () => {
    const names = ['A', 'B', 'C', 'D']
    const reference = fc.constantFrom(...names).map((name) => ({ $ref: `#/components/schemas/${name}` }))
    const { schema } = fc.letrec<{ schema: object }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        reference,
        fc.constantFrom({ type: 'string' }, { type: 'integer', nullable: true }, {}),
        fc.record({
          type: fc.constant('object'),
          properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
          required: fc.constant(['a']),
        }),
        fc.record({ type: fc.constant('array'), items: tie('schema') }),
        fc.record({ allOf: fc.array(tie('schema'), { maxLength: 3 }) }),
        fc.record({ oneOf: fc.array(tie('schema'), { maxLength: 3 }), nullable: fc.boolean() }),
        fc.record({ not: tie('schema') }),
        fc.record({
          anyOf: fc.array(tie('schema'), { maxLength: 3 }),
          properties: fc.dictionary(fc.constantFrom('a', 'b'), reference),
        }),
      ),
    }))
    const schemas = fc.record({ A: schema, B: schema, C: schema, D: schema })
    const circle = { A: { allOf: [{ $ref: '#/components/schemas/B' }], properties: { a: { $ref: '#/components/schemas/C' } } } }
    fc.assert(
      fc.property(
        schema,
        schemas,
        fc.constantFrom('input', 'output'),
        fc.integer({ min: 0, max: 8 }),
        fc.jsonValue(),
        (root, defs, direction, levels, value) => {
          let made: ReturnType<typeof written>
          try {
            made = written(root, defs, direction, levels)
          } catch (problem) {
            // One that is nothing but a reference to itself is told as broken.
            expect(problem).toBeInstanceOf(Broken)
            return
          }
          expect(JSON.stringify(made).length).toBeLessThan(20 * JSON.stringify([root, defs]).length + 1_000)
          const ajv = new Ajv2020({ strict: false })
          addFormats.default(ajv)
          const check = ajv.compile(made)
          for (const each of [value, { a: { a: { b: {} } }, b: [] }, null]) check({ value: each })
        },
      ),
      {
        examples: [
          [
            { $ref: '#/components/schemas/A' },
            { ...circle, B: { allOf: [{ $ref: '#/components/schemas/A' }] }, C: {}, D: {} },
            'input',
            8,
            {},
          ],
        ],
      },
    )
  })
})

test('a reference is found through its escapes, and one that leads nowhere or in a circle is told', () => {
  const documents = new Documents()
  documents.add('http://a.example/', { 'a/b': { 'c~d e': [{ $ref: '#/x' }] }, x: 7, y: { $ref: '#/z' }, z: { $ref: '#/y' } })
  expect(documents.follow({ $ref: '#/a~1b/c~0d%20e/0' }, 'http://a.example/').value).toBe(7)
  expect(() => documents.find('#/x/constructor', 'http://a.example/')).toThrow('leads nowhere')
  expect(() => documents.follow({ $ref: '#/y' }, 'http://a.example/')).toThrow('leads in a circle')
})

test('a text is read as JSON or YAML, and one that was made to unfold without end is not', () => {
  expect(parseText('a: &a {b: 1}\nc: {<<: *a, d: 2}')).toEqual({ a: { b: 1 }, c: { b: 1, d: 2 } })
  expect(() => parseText('{"a": ')).toThrow('it is no JSON')
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 8 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(10).fill(`*a${at}`)}]`),
  ]
  expect(() => parseText(bomb.join('\n'))).toThrow('it is neither JSON nor YAML')
})

test.each([
  ['/pets/*', '/pets/{id}', true],
  ['/pets/*', '/pets/{id}/toys', false],
  ['/pets/**', '/pets/{id}/toys', true],
  ['/p.ts', '/pets', false],
  ['list*', 'listPets', true],
])('the pattern %s and %s: %s', (pattern, text, fits) => {
  expect(fitsPattern(pattern, text)).toBe(fits)
})

test.each([
  [{ servers: [{ url: 'v{n}/', variables: { n: { default: '2' } } }] }, 'http://a.example/docs/v2'],
  [{ servers: [{ url: '/' }] }, 'http://a.example'],
  [{}, 'http://a.example'],
  [{ servers: [{ url: 'https://user:pw@b.example/x?y=1#z' }] }, 'https://b.example/x'],
])('%o is served at %s', (root, expected) => {
  expect(serverOf(root, undefined, '3.0', { baseUrl: null, at: 'http://a.example/docs/openapi.json', trusted: null })).toBe(
    expected,
  )
})

describe('the configuration', () => {
  function problemsOf(entry: object, directory = '/'): string[] {
    const problems: string[] = []
    const upstreams = [{ name: 'shop', kind: 'openapi', ...entry }]
    readUpstreams({ origin: 'f', directory, upstreams, mcpServers: undefined }, 30, '/', problems)
    return problems.map((problem) => problem.replace(/^upstreams\[0\] shop:? ?/, '').replace(/ \(f\)$/, ''))
  }
  const url = 'http://a.example/openapi.json'

  test.each([
    [{}, ['must have either url or file: where its OpenAPI document is']],
    [{ url, file: 'x' }, ['must have either url or file: where its OpenAPI document is']],
    [{ url, auth: {} }, ['auth needs a type: header, query, cookie, basic, bearer or oauth2']],
    [{ url, auth: { type: 'bearer' } }, ['auth: type bearer needs token']],
    [{ url, auth: { type: 'bearer', token: 'sekret\nx' } }, ['auth: token must be one line']],
    [
      { url, auth: { type: 'header', name: 'a b', value: 'sekret' } },
      ['auth: name must be a name of letters, digits and -, got a b'],
    ],
    [
      { url, auth: { type: 'basic', username: 'u', passwort: 'sekret' } },
      ['auth: unknown key passwort: did you mean password?', 'auth: type basic needs password'],
    ],
    [{ url, include: { tag: ['a'] } }, ['include: unknown key tag: known here are tags, methods, paths, operations']],
    [
      { url, auth: { type: 'bearer', token: 'sekret', token_file: '/nowhere' } },
      [
        expect.stringMatching(/token and token_file are both there/),
        expect.stringMatching(/token_file \/nowhere cannot be read/),
      ],
    ],
  ])('%o is told what is wrong, without its secrets', (entry, expected) => {
    const problems = problemsOf(entry)
    expect(problems).toEqual(expected)
    expect(problems.join()).not.toContain('sekret')
  })

  test('takes a secret from a file beside it, and shows none', () => {
    const directory = mkdtempSync(join(tmpdir(), 'switchyard-openapi-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'token'), 'sekret\n', { mode: 0o600 })
    expect(problemsOf({ url, auth: { type: 'bearer', token_file: 'token' } }, directory)).toEqual([])
    writeFileSync(join(directory, 'token'), '\n')
    expect(problemsOf({ url, auth: { type: 'bearer', token_file: 'token' } }, directory)).toContainEqual(
      expect.stringMatching(/is empty$/),
    )
  })
})
