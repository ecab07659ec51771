/** What is promised about arguments that are repeated in headers (2026-07-28). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { decodeHeader, encodeHeader } from '../app/mcp/header-value.ts'
import { type Declaration, declarationsOf, paramHeaders, paramProblem } from '../app/mcp/param-headers.ts'

const schemaOf = (properties: Json): Json => ({ type: 'object', properties })
const marked = (name: unknown, type: unknown = 'string'): Json => ({ type, 'x-mcp-header': name })

describe('a header value', () => {
  test.each(['us-west1', 'two words', 'a\tb', '!', '~', '=?base64?x', 'x?=', '=?BASE64?eA==?='])('%j stands as it is', (text) => {
    expect(encodeHeader(text)).toBe(text)
    expect(decodeHeader(text)).toBe(text)
  })

  test.each([
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['', '=?base64??='],
    ['\tx', '=?base64?CXg=?='],
    ['\u007f', '=?base64?fw==?='],
    ['\ufeffx', '=?base64?77u/eA==?='],
    ['=?base64?=', '=?base64?PT9iYXNlNjQ/PQ==?='],
  ])('%j is wrapped', (text, value) => {
    expect(encodeHeader(text)).toBe(value)
    expect(decodeHeader(value)).toBe(text)
  })

  test.each([
    '=?base64?SGVsbG8?=',
    '=?base64?%%%?=',
    '=?base64?SGVsbG8= ?=',
    '=?base64?SGVsbG9=?=',
    '=?base64?/w==?=',
    'ü',
    'a\rb',
    '\u0000',
  ])('%j is none', (value) => expect(decodeHeader(value)).toBeUndefined())

  test('comes back as the text that went in, and is always one that HTTP takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = encodeHeader(text)
        expect(value).toMatch(/^[!-~]([\t -~]*[!-~])?$/)
        expect(decodeHeader(value)).toBe(text)
      }),
    )
  })
})

describe('declarations', () => {
  test('are found at any depth of properties, in their order', () => {
    const schema = schemaOf({
      region: marked('Region'),
      plain: { type: 'string' },
      deep: schemaOf({ deeper: schemaOf({ size: marked('Size', 'integer') }) }),
      dry: marked('dry_run!', 'boolean'),
    })
    expect(declarationsOf(schema)).toEqual({
      declarations: [
        { path: ['region'], header: 'Mcp-Param-Region', type: 'string' },
        { path: ['dry'], header: 'Mcp-Param-dry_run!', type: 'boolean' },
        { path: ['deep', 'deeper', 'size'], header: 'Mcp-Param-Size', type: 'integer' },
      ],
    })
  })

  test.each([undefined, null, true, [], 'x', {}, { properties: null }, { properties: [1], items: true, $defs: 'x', allOf: {} }])(
    'of %j are none, and nothing is wrong',
    (schema) => expect(declarationsOf(schema)).toEqual({ declarations: [] }),
  )

  test('are not taken from what is data: a property of that name, an enum, a default', () => {
    const data = { 'x-mcp-header': 'No' }
    const schema = schemaOf({
      'x-mcp-header': { type: 'string' },
      a: { enum: [data], const: data, default: data, examples: [data] },
    })
    expect(declarationsOf(schema)).toEqual({ declarations: [] })
  })

  test.each([
    ['an empty name', marked('')],
    ['no text as a name', marked(5)],
    ['a space', marked('My Region')],
    ['a colon', marked('a:b')],
    ['a line feed', marked('a\nb')],
    ['letters that are not ASCII', marked('Région')],
  ])('with %s are wrong', (_, property) => {
    expect(declarationsOf(schemaOf({ a: schemaOf({ b: property }) }))).toEqual({
      declarations: [],
      fault: 'x-mcp-header at a.b is not the name of a header',
    })
  })

  test.each(['number', 'object', 'array', 'null', undefined, ['string', 'null']])('on the type %j are wrong', (type) => {
    const property = { type, 'x-mcp-header': 'A' }
    expect(declarationsOf(schemaOf({ a: property })).fault).toBe(
      'x-mcp-header at a is on a property whose type is none of string, integer and boolean',
    )
  })

  test('of one name in two spellings are wrong, all of them', () => {
    const schema = schemaOf({ a: marked('Region'), b: marked('rEGION') })
    expect(declarationsOf(schema)).toEqual({
      declarations: [],
      fault: 'x-mcp-header at b names rEGION, which another property has',
    })
  })

  const elsewhere: Record<string, Json> = {
    'the root': { ...schemaOf({}), ...marked('A') },
    items: { items: marked('A') },
    'items as a list': { items: [marked('A')] },
    prefixItems: { prefixItems: [marked('A')] },
    contains: { contains: marked('A') },
    additionalProperties: { additionalProperties: marked('A') },
    unevaluatedProperties: { unevaluatedProperties: marked('A') },
    patternProperties: { patternProperties: { '^a': marked('A') } },
    dependentSchemas: { dependentSchemas: { a: marked('A') } },
    propertyNames: { propertyNames: marked('A') },
    $defs: { $defs: { a: marked('A') } },
    definitions: { definitions: { a: marked('A') } },
    'a property behind them': { anyOf: [schemaOf({ b: marked('A') })] },
    ...Object.fromEntries(['oneOf', 'anyOf', 'allOf'].map((key) => [key, { [key]: [{}, marked('A')] }])),
    ...Object.fromEntries(['not', 'if', 'then', 'else'].map((key) => [key, { [key]: marked('A') }])),
  }
  test.each(Object.keys(elsewhere))('below %s are wrong', (place) => {
    const schema = elsewhere[place]!
    const within = place === 'the root' ? schema : schemaOf({ fine: marked('Fine'), a: schema })
    const { declarations, fault } = declarationsOf(within)
    expect(declarations).toEqual([])
    expect(fault).toMatch(/is not on a property that only properties lead to$/)
  })

  test('in a schema of any depth are found, and what is wrong is said in short', () => {
    let schema: Json = schemaOf({ deep: marked('Deep') })
    for (let depth = 0; depth < 100_000; depth++) schema = depth % 2 ? { not: schema } : schemaOf({ a: schema })
    const { fault } = declarationsOf(schema)
    expect(fault).toMatch(/is not on a property/)
    expect(fault!.length).toBeLessThan(500)
  })
})

const declared: Declaration[] = [
  { path: ['region'], header: 'Mcp-Param-Region', type: 'string' },
  { path: ['options', 'size'], header: 'Mcp-Param-Size', type: 'integer' },
  { path: ['dry'], header: 'Mcp-Param-Dry', type: 'boolean' },
]

describe('headers of a call', () => {
  test('repeat what is there', () => {
    expect(paramHeaders(declared, { region: 'Лондон', options: { size: -7 }, dry: false, other: 1 })).toEqual({
      'Mcp-Param-Region': '=?base64?0JvQvtC90LTQvtC9?=',
      'Mcp-Param-Size': '-7',
      'Mcp-Param-Dry': 'false',
    })
  })

  test.each([
    {},
    { region: null, options: null, dry: undefined },
    { options: { size: 2 ** 53 } },
    { options: { size: 1.5 } },
    { options: { size: Number.NaN } },
    { options: [{ size: 1 }], region: ['a'], dry: {} },
  ])('leave out what cannot be said: %j', (args) => {
    expect(paramHeaders(declared, args)).toEqual({})
    expect(paramProblem(declared, args, {})).toBeUndefined()
  })
})

describe('headers that came with a call', () => {
  const args = { region: 'eu', options: { size: 42 }, dry: true }
  const right = { 'mcp-param-region': 'eu', 'mcp-param-size': '42', 'mcp-param-dry': 'true' }

  test('are right when they say the same', () => {
    expect(paramProblem(declared, args, right)).toBeUndefined()
    expect(
      paramProblem(declared, args, { ...right, 'mcp-param-region': '=?base64?ZXU=?=', 'mcp-param-size': '42.0' }),
    ).toBeUndefined()
    expect(paramProblem(declared, args, { ...right, 'mcp-param-unknown': 'ü' })).toBeUndefined()
  })

  test.each([
    ['mcp-param-region', undefined, 'the header Mcp-Param-Region is missing: it must repeat the argument region'],
    ['mcp-param-region', 'EU', 'the header Mcp-Param-Region says something else than the argument region'],
    ['mcp-param-size', '43', 'the header Mcp-Param-Size says something else than the argument options.size'],
    ['mcp-param-size', '0x2a', 'the header Mcp-Param-Size says something else than the argument options.size'],
    ['mcp-param-dry', 'TRUE', 'the header Mcp-Param-Dry says something else than the argument dry'],
    [
      'mcp-param-region',
      '=?base64?ZXU?=',
      'the header Mcp-Param-Region must be one value, of ASCII characters or of UTF-8 in =?base64?...?=',
    ],
    [
      'mcp-param-region',
      ['eu', 'us'],
      'the header Mcp-Param-Region must be one value, of ASCII characters or of UTF-8 in =?base64?...?=',
    ],
  ])('are wrong with %s as %j', (name, value, problem) => {
    expect(paramProblem(declared, args, { ...right, [name]: value })).toBe(problem)
  })

  test('are not looked at where there is no argument, but for characters that no header may have', () => {
    expect(paramProblem(declared, { region: null }, right)).toBeUndefined()
    expect(paramProblem(declared, {}, { 'mcp-param-region': 'ü' })).toContain('Mcp-Param-Region must be')
  })

  test('are right whenever we made them', () => {
    const value = fc.record(
      { region: fc.string({ unit: 'grapheme' }), options: fc.record({ size: fc.maxSafeInteger() }), dry: fc.boolean() },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(value, (made) => {
        const sent = paramHeaders(declared, made)
        const received = Object.fromEntries(Object.entries(sent).map(([name, text]) => [name.toLowerCase(), text]))
        expect(paramProblem(declared, made, received)).toBeUndefined()
      }),
    )
  })
})
