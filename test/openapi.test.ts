/** What readers of /openapi.json are promised, people on /docs among them. */
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { buildCommands } from '../app/commands/build.ts'
import { echoCommands } from '../app/commands/echo.ts'
import { makeDocument } from '../app/openapi/document.ts'
import { cmd } from '../app/surfaces/cmd.ts'
import { openapi } from '../app/surfaces/openapi.ts'
import { rest } from '../app/surfaces/rest.ts'
import { openapiProblems } from './fakes/openapi30.ts'
import { startYard, type TestYard, upstreamTool } from './fakes/yard.ts'
import { tool } from './tool.ts'
import { until } from './until.ts'

const answer = async () => ({ content: [] })
/** The parameters of a tool with this one property, as the document has them. */
function converted(property: unknown, more: Json = {}): Json {
  const document = makeDocument(
    [upstreamTool('t', { inputSchema: { type: 'object', properties: { p: property }, ...more } }, answer)],
    { version: '1' },
  )
  expect(openapiProblems(document)).toEqual([])
  const { schemas } = document.components as { schemas: Record<string, { properties: Json }> }
  return schemas.Command_t!.properties.p as Json
}

describe('JSON Schema becomes what OpenAPI 3.0 knows', () => {
  test.each<[string, unknown, Json]>([
    ['a type and null', { type: ['string', 'null'], minLength: 1 }, { type: 'string', minLength: 1, nullable: true }],
    ['several types', { type: ['string', 'integer'] }, { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    [
      'a list or a text',
      { type: ['array', 'string'], items: { type: 'string' } },
      { anyOf: [{ type: 'array', items: {} }, { type: 'string' }], items: { type: 'string' } },
    ],
    ['null alone', { type: 'null' }, { nullable: true }],
    [
      "Python's Optional",
      { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }], default: null, title: 'P' },
      { type: 'integer', minimum: 0, nullable: true, default: null, title: 'P' },
    ],
    ['const', { const: 'a' }, { enum: ['a'] }],
    ['an enum with null', { enum: ['a', null] }, { enum: ['a', null], nullable: true }],
    [
      'exclusiveMinimum as a number',
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'number', minimum: 0, exclusiveMinimum: true },
    ],
    ['two lower bounds', { type: 'number', minimum: 5, exclusiveMinimum: 0 }, { type: 'number', minimum: 5 }],
    [
      'two upper bounds',
      { type: 'number', maximum: 5, exclusiveMaximum: 5 },
      { type: 'number', maximum: 5, exclusiveMaximum: true },
    ],
    [
      'exclusiveMinimum of draft 4',
      { type: 'number', minimum: 1, exclusiveMinimum: true },
      { type: 'number', minimum: 1, exclusiveMinimum: true },
    ],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: false }, { type: 'array', items: {} }],
    ['a tuple of draft 7', { type: 'array', items: [{ type: 'string' }] }, { type: 'array', items: {} }],
    ['a list of anything', { type: 'array' }, { type: 'array', items: {} }],
    ['true and false', { anyOf: [true, false] }, { anyOf: [{}, { not: {} }] }],
    ['examples', { type: 'string', examples: ['x', 'y'] }, { type: 'string', example: 'x' }],
    [
      'patternProperties',
      { type: 'object', patternProperties: { '^x': {} }, additionalProperties: false },
      { type: 'object', additionalProperties: true },
    ],
    ['a pattern of another language', { type: 'string', pattern: '(?P<year>\\d+)' }, { type: 'string' }],
    [
      'conditions and remarks',
      JSON.parse(
        '{"type":"string","$comment":"c","if":{},"then":{},"else":{},"contentEncoding":"base64","$id":"x","unevaluatedProperties":false}',
      ),
      { type: 'string' },
    ],
    ['values of the wrong kind', { type: 'string', minLength: -1, required: [], enum: [], description: 5 }, { type: 'string' }],
    ['a type that does not exist', { type: 'date' }, {}],
    ['no schema at all', 'string', {}],
    ['a reference to elsewhere', { $ref: 'https://example.com/x.json', description: 'D' }, { description: 'D' }],
    ['a reference that leads nowhere', { $ref: '#/$defs/none' }, {}],
  ])('%s', (_, schema, expected) => {
    expect(converted(schema)).toEqual(expected)
  })

  test('what stands beside a reference is put around it', () => {
    const $defs = { Order: { type: 'object' } }
    expect(converted({ $ref: '#/$defs/Order', description: 'D' }, { $defs })).toEqual({
      description: 'D',
      allOf: [{ $ref: '#/components/schemas/Command_t.Order' }],
    })
    expect(converted({ anyOf: [{ $ref: '#/$defs/Order' }, { type: 'null' }] }, { $defs })).toEqual({
      nullable: true,
      allOf: [{ $ref: '#/components/schemas/Command_t.Order' }],
    })
  })

  test('circles and odd names of references end, and each is one component', () => {
    const inputSchema = {
      type: 'object',
      properties: {
        tree: { $ref: '#/$defs/Tree' },
        self: { $ref: '#' },
        odd: { $ref: '#/$defs/a~1b%20c' },
        other: { $ref: '#/definitions/Tree' },
        near: { $ref: '#/properties/tree' },
      },
      $defs: {
        Tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/Tree' } } } },
        'a/b c': { type: 'string' },
      },
      definitions: { Tree: { type: 'integer' } },
    }
    const document = makeDocument([upstreamTool('t', { inputSchema }, answer)], { version: '1' })
    expect(openapiProblems(document)).toEqual([])
    const { schemas } = document.components as { schemas: Record<string, Json> }
    expect(schemas['Command_t.Tree']).toEqual({
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Command_t.Tree' } } },
    })
    expect(Object.keys(schemas).filter((name) => name.startsWith('Command_t'))).toHaveLength(5)
  })

  test('a schema made to exhaust us does not', () => {
    let deep: Json = { type: 'string' }
    for (let level = 0; level < 5_000; level++) deep = { type: 'array', items: deep }
    const chain = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`d${at}`, { $ref: `#/$defs/d${at + 1}` }]))
    const tools = [
      upstreamTool('deep', { inputSchema: { type: 'object', properties: { deep } } }, answer),
      upstreamTool('chain', { inputSchema: { type: 'object', properties: { p: { $ref: '#/$defs/d0' } }, $defs: chain } }, answer),
    ]
    expect(openapiProblems(makeDocument(tools, { version: '1' }))).toEqual([])
  })
})

describe('/openapi.json', () => {
  let yard: TestYard
  beforeAll(async () => {
    yard = await startYard([cmd, rest, openapi], ({ catalog }) => {
      const count = {
        ...{ name: 'count', description: 'Counts', returns: 'The numbers', use_queue: true, run: () => [] },
        params: { to: { type: 'integer', description: 'The last one' } },
        examples: [{ description: 'To three', params: { to: 3 } }],
      } as const
      const secret = { name: 'secret', description: 'For admins', scope: 'admin', run: () => 1 } as const
      catalog.offer('switchyard', buildCommands([...echoCommands(), count, secret], 'switchyard'))
    })
  })
  afterAll(() => yard.stop())

  const read = async (key?: string) => {
    const response = await fetch(`${yard.url}/openapi.json`, { headers: key ? { authorization: `Bearer ${key}` } : {} })
    return (await response.json()) as Json & { paths: Json; components: { schemas: Record<string, Json> } }
  }

  test('has what registering proxies look for', async () => {
    const document = await read()
    expect(openapiProblems(document)).toEqual([])
    expect(document).toMatchObject({
      openapi: '3.0.3',
      info: { version: '1.2.3' },
      paths: {
        '/cmd': {
          post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/CommandRequest' } } } } },
        },
      },
    })
    expect(document.components.schemas).toMatchObject({
      CommandRequest: {
        oneOf: [{ $ref: '#/components/schemas/CommandRequest_echo' }, { $ref: '#/components/schemas/CommandRequest_count' }],
        discriminator: { propertyName: 'command', mapping: { echo: '#/components/schemas/CommandRequest_echo' } },
      },
      CommandRequest_echo: {
        properties: { command: { enum: ['echo'] }, params: { $ref: '#/components/schemas/Command_echo' } },
        required: ['command', 'params'],
      },
      Command_echo: {
        type: 'object',
        properties: { message: { type: 'string' } },
        required: ['message'],
        additionalProperties: false,
      },
      CommandSuccessResponse: { required: ['result'] },
      CommandErrorResponse: { required: ['error'] },
    })
  })

  test('has one path for each tool, with its result where the tool says what it is', async () => {
    const document = await read()
    expect(document.paths).toMatchObject({
      '/api/commands/echo': {
        post: {
          operationId: 'call_echo',
          responses: {
            200: {
              content: { 'application/json': { schema: { properties: { data: { $ref: '#/components/schemas/Result_echo' } } } } },
            },
          },
        },
      },
    })
  })

  test('shows what the caller may call, and nothing else', async () => {
    expect(Object.keys((await read()).paths)).not.toContain('/api/commands/secret')
    expect(Object.keys((await read('admin')).paths)).toContain('/api/commands/secret')
    const nothing = await read('reader')
    expect(openapiProblems(nothing)).toEqual([])
    expect(Object.keys(nothing.paths)).not.toContain('/api/commands/echo')
  })

  test('shows the examples of a command, what it answers in words, and that it may be a job', async () => {
    const document = await read()
    expect(openapiProblems(document)).toEqual([])
    expect(document.paths).toMatchObject({
      '/cmd': {
        post: {
          requestBody: {
            content: {
              'application/json': {
                examples: { count: { summary: 'To three', value: { command: 'count', params: { to: 3 } } } },
              },
            },
          },
        },
      },
      '/api/commands/count': {
        post: {
          requestBody: { content: { 'application/json': { examples: { count: { value: { to: 3 } } } } } },
          responses: { 200: { description: 'The numbers' }, 202: { description: 'It runs as a job' } },
        },
      },
    })
    expect(document.components.schemas.Command_count).toMatchObject({ 'x-use-queue': true })
  })

  test('?tag= leaves the tools of one owner, and names the tags where there is none', async () => {
    yard.catalog.offer('far', [upstreamTool('far_find', {}, answer)])
    const far = (await (await fetch(`${yard.url}/openapi.json?tag=far`)).json()) as { paths: Json }
    expect(openapiProblems(far as Json)).toEqual([])
    expect(Object.keys(far.paths)).toEqual(['/cmd', '/api/jsonrpc', '/api/commands', '/api/commands/far_find'])
    expect(Object.keys((await read()).paths)).toContain('/api/commands/echo')
    const none = await fetch(`${yard.url}/openapi.json?tag=near`)
    expect(none.status).toBe(400)
    expect(await none.text()).toContain('there are switchyard, far')
    yard.catalog.withdraw('far')
  })

  test('/api/tools.json lists the tools for a proxy that calls them over /cmd', async () => {
    const tools = async (query = '') => (await (await fetch(`${yard.url}/api/tools.json${query}`)).json()) as Json
    expect(await tools()).toMatchObject({
      version: '1.0',
      tools: [
        { name: 'mcp_echo', description: expect.any(String), parameters: { required: ['message'] } },
        { name: 'mcp_count' },
      ],
      routes: [{ tool_name: 'mcp_echo', endpoint: '/cmd', method: 'post', json_rpc: { method: 'echo' } }, {}],
    })
    expect(await tools('?prefix=')).toMatchObject({ tools: [{ name: 'echo' }, {}] })
    expect((await fetch(`${yard.url}/api/tools.json?prefix=a.b`)).status).toBe(400)
  })

  test('a wrong credential is HTTP 401', async () => {
    const response = await fetch(`${yard.url}/openapi.json`, { headers: { authorization: 'Bearer stolen' } })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  test('follows the catalogue, and is made once in between', async () => {
    await read()
    const lists = vi.spyOn(yard.catalog, 'list')
    for (let time = 0; time < 3; time++) await read()
    expect(lists).not.toHaveBeenCalled()
    lists.mockRestore()
    yard.catalog.offer('late', [upstreamTool('late', {}, answer)])
    const isThere = async () => '/api/commands/late' in (await read()).paths
    await until('it is there', isThere)
    yard.catalog.withdraw('late')
    await until('it is gone', async () => !(await isThere()))
  })

  describe('/docs', () => {
    test('serves everything that it names, and nothing beside', async () => {
      const page = await (await fetch(`${yard.url}/docs`)).text()
      expect(page).not.toMatch(/https?:\/\//)
      const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => new URL(link!, `${yard.url}/docs`))
      expect(links).toHaveLength(4)
      for (const link of links) {
        const response = await fetch(link)
        expect(response.status).toBe(200)
        expect(response.headers.get('x-content-type-options')).toBe('nosniff')
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100)
      }
      for (const path of ['package.json', '..%2fpackage.json', 'index.html'])
        expect((await fetch(`${yard.url}/docs/${path}`)).status).toBe(404)
      expect((await fetch(`${yard.url}/docs/`, { redirect: 'manual' })).headers.get('location')).toBe('../docs')
    })

    const browser = tool('chromium')
    test.skipIf(!browser)('shows the commands and calls one, in a browser that reaches nothing else', async () => {
      const chrome = await chromium.launch({
        executablePath: browser,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      })
      try {
        const page = await chrome.newPage()
        const complaints: string[] = []
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
        page.on('pageerror', (error) => complaints.push(error.message))
        page.on(
          'request',
          (request) =>
            !request.url().startsWith(yard.url) && !request.url().startsWith('data:') && complaints.push(request.url()),
        )
        await page.goto(`${yard.url}/docs`)
        await page.locator('#operations-switchyard-call_echo').click()
        await page.getByRole('button', { name: 'Try it out' }).click()
        await page.locator('#operations-switchyard-call_echo textarea').fill('{"message": "from the page"}')
        await page.getByRole('button', { name: 'Execute' }).click()
        await page.locator('.live-responses-table .response-col_description').getByText('from the page').first().waitFor()
        expect(complaints).toEqual([])
      } finally {
        await chrome.close()
      }
    })
  })
})
