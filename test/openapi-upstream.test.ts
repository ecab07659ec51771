/** What is promised about services that an OpenAPI document describes: their lists, their calls, who they are shown, and what harms nobody. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { upstreamProbes } from '../app/cli/probe-upstream.ts'
import { loadConfig } from '../app/config.ts'
import { upstreams } from '../app/store/schema.ts'
import { connect, textOf } from './clients.ts'
import { startClinic } from './fakes/openapi-services/clinic.ts'
import { depotClient, startDepot } from './fakes/openapi-services/depot.ts'
import { type FakeService, startService } from './fakes/openapi-services/service.ts'
import { png, type Shop, shopDocument, shopKey, startShop } from './fakes/openapi-services/shop.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { readEntries, startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { until } from './until.ts'

let store: OpenStore
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreams)
})

async function running<Service extends FakeService>(start: Promise<Service>): Promise<Service> {
  const service = await start
  undo.push(() => service.stop())
  return service
}

async function system(entry: object, { ready = true } = {}): Promise<{ yard: UpstreamYard; client: Client }> {
  const entries = [{ name: 'shop', kind: 'openapi', prefix: '', check_every: '100ms', ...entry }]
  const yard = await startUpstreamYard(store.database, {}, { entries })
  undo.push(() => yard.stop())
  if (ready) await yard.becomes('shop', 'connected')
  const client = await connect('sse', yard.url)
  undo.push(() => client.close())
  return { yard, client }
}

const headerAuth = { type: 'header', name: 'X-API-Key', value: shopKey }
const shopEntry = (shop: Shop, more: object = {}) => ({ url: `${shop.url}/openapi.json`, auth: headerAuth, ...more })

async function shopSystem(more: object = {}) {
  const shop = await running(startShop())
  return { shop, ...(await system(shopEntry(shop, more))) }
}

/** All of them, however many pages they are; asking for them makes the client check answers against their output schemas. */
async function toolsOf(client: Client) {
  const tools: Awaited<ReturnType<Client['listTools']>>['tools'] = []
  let cursor: string | undefined
  do {
    const page = await client.listTools(cursor ? { cursor } : {})
    tools.push(...page.tools)
    cursor = page.nextCursor
  } while (cursor)
  return tools.filter(({ name }) => name !== 'echo')
}

const toolOf = async (client: Client, name: string) => (await toolsOf(client)).find((tool) => tool.name === name)!
const call = (client: Client, name: string, values: Record<string, unknown> = {}) => client.callTool({ name, arguments: values })

function compiler() {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  addFormats.default(ajv)
  return (schema: object) => ajv.compile(schema)
}

describe('a document', () => {
  test('becomes tools that every client takes: names that fit, schemas that compile, what the document says of each', async () => {
    const { client, yard } = await shopSystem()
    const tools = await toolsOf(client)
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['listOrders', 'create_order', 'get_orders_id_photo']))
    const compile = compiler()
    for (const { name, inputSchema, outputSchema } of tools) {
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
      compile(inputSchema)
      if (outputSchema) compile(outputSchema)
    }
    expect(yard.state('shop')).toMatchObject({ tools: tools.length, kind: 'openapi', server: { name: 'Shop', version: '1.4' } })
    expect(await toolOf(client, 'listOrders')).toMatchObject({
      title: 'All orders',
      description: 'All orders\n\nNewest first.',
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    })
    expect((await toolOf(client, 'create_order')).description).toMatch(/^Deprecated\. /)
    expect((await toolOf(client, 'create_order'))._meta).toEqual({ 'switchyard/name': 'create order' })
    expect((await toolOf(client, 'removeOrder')).annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true })
  })

  test('asks for parameters and the members of the body at the top, without what only the service writes or the configuration gives', async () => {
    const { client } = await shopSystem()
    expect((await toolOf(client, 'create_order')).inputSchema).toEqual({
      type: 'object',
      properties: {
        'X-Trace': { type: 'string' },
        customer: { type: 'string', minLength: 1, examples: ['Ann'] },
        quantity: { type: 'integer', exclusiveMinimum: 0, default: 1 },
        note: { type: ['string', 'null'] },
        pin: { type: 'string', writeOnly: true },
        state: { type: 'string', enum: ['open', 'paid'] },
      },
      required: ['customer'],
      additionalProperties: false,
    })
    const { properties } = (await toolOf(client, 'create_order')).outputSchema!
    expect(Object.keys(properties!)).toEqual(['id', 'customer', 'quantity', 'note', 'state'])
  })

  test('has one name for two things: the path keeps it, the query says so, and the body stays whole', async () => {
    const { client, shop } = await shopSystem()
    const { inputSchema } = await toolOf(client, 'replaceOrder')
    expect(Object.keys(inputSchema.properties!).sort()).toEqual(['body', 'id', 'id_query'])
    expect(inputSchema.required).toEqual(['id'])
    await call(client, 'replaceOrder', { id: '7', id_query: true, body: { id: 9 } })
    expect([shop.last().path, shop.last().query, shop.last().json()]).toEqual(['/v1/orders/7', 'id=true', { id: 9 }])
  })

  test('that goes in circles stays short, and is checked to its end', async () => {
    const { client } = await shopSystem()
    const { inputSchema } = await toolOf(client, 'addCategory')
    expect(JSON.stringify(inputSchema).length).toBeLessThan(1_000)
    expect(
      (await call(client, 'addCategory', { name: 'a', children: [{ name: 'b', parent: { name: 'c' } }] })).isError,
    ).toBeUndefined()
    const wrong = await call(client, 'addCategory', { name: 'a', children: [{ name: 'b', parent: { name: 3 } }] })
    expect(textOf(wrong)).toMatch(/children\.0\.parent\.name must be string, got 3/)
    // One of a dog, which is a pet: whoever checks that must come to an end.
    expect((await call(client, 'addPet', { body: { kind: 'dog' } })).isError).toBeUndefined()
  })

  test('loses the operations that are broken, each with a sentence, and keeps the others', async () => {
    const { client, yard } = await shopSystem()
    const names = (await toolsOf(client)).map(({ name }) => name)
    expect(names).not.toEqual(expect.arrayContaining(['broken']))
    expect(yard.state('shop').leftOut).toEqual([
      'broken (POST /broken): the reference #/components/schemas/Nowhere leads nowhere',
      'far (POST /far): https://elsewhere.example/schemas.json#/Far is at another place than the document, where it is not fetched',
    ])
  })

  test('that changes changes the tools, and clients are told', async () => {
    const { client, shop } = await shopSystem({ refresh: '100ms' })
    const told = new Promise<void>((resolve) => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve())
    })
    const { '/hello': hello } = shopDocument.paths
    shop.document = { ...shopDocument, paths: { '/hello': hello } }
    await told
    expect((await toolsOf(client)).map(({ name }) => name)).toEqual(['hello'])
  })

  test('is filtered by tag, method, path and operation', async () => {
    const { client } = await shopSystem({
      include: { paths: ['/orders', '/orders/*', '/hello'], methods: ['GET', 'delete'] },
      exclude: { operations: ['hello'] },
    })
    expect((await toolsOf(client)).map(({ name }) => name)).toEqual(['listOrders', 'getOrder', 'removeOrder'])
    const tagged = await shopSystem({ include: { tags: ['orders'] }, exclude: { methods: ['POST'] } })
    expect((await toolsOf(tagged.client)).map(({ name }) => name)).toEqual(['listOrders', 'getOrder'])
  })

  test('that is none, or none that is known, is told and taken up when it is mended', async () => {
    const shop = await running(startShop())
    shop.document = { openapi: '4.0.0', paths: {} }
    const { yard, client } = await system(shopEntry(shop), { ready: false })
    await yard.becomes('shop', 'stale')
    expect(yard.state('shop').error).toMatch(/OpenAPI 4\.0\.0 is not known: it must be 3\.0 or 3\.1, or Swagger 2\.0$/)
    shop.document = shopDocument
    await yard.becomes('shop', 'connected')
    expect((await toolsOf(client)).length).toBeGreaterThan(10)
  })
})

describe('answers', () => {
  test('of JSON are text and structured content; without an object, text', async () => {
    const { client } = await shopSystem()
    await toolsOf(client)
    const order = { id: 7, customer: 'Ann', quantity: 2, note: null }
    expect(await call(client, 'getOrder', { id: '7' })).toEqual({
      content: [{ type: 'text', text: JSON.stringify(order) }],
      structuredContent: order,
    })
    expect((await call(client, 'list')).content).toEqual([{ type: 'text', text: '[1,2]' }])
    expect(textOf(await call(client, 'hello'))).toBe('Здравствуйте')
    expect(textOf(await call(client, 'removeOrder', { id: '7' }))).toBe('204 No Content: done, the service has nothing to say')
  })

  test('of bytes are what they are: a picture, or a resource of its type', async () => {
    const { client } = await shopSystem()
    const image = await call(client, 'get_orders_id_photo', { id: '7' })
    expect(image.content).toEqual([{ type: 'image', mimeType: 'image/png', data: png.toString('base64') }])
    const invoice = await call(client, 'invoice', { id: '7' })
    const blob = Buffer.from('%PDF-1.7').toString('base64')
    const resource = { uri: 'openapi://shop/orders/{id}/invoice', mimeType: 'application/pdf', blob }
    expect(invoice.content).toEqual([{ type: 'resource', resource }])
  })

  test('that are not as the document says cost what does not fit, and no call', async () => {
    const { client } = await shopSystem()
    await toolsOf(client)
    const wrong = await call(client, 'wrong')
    expect([textOf(wrong), wrong.structuredContent]).toEqual(['{"count":"seven","name":null}', { name: null }])
  })

  test('that take too long to compare with what the document says are shown as text, whole', async () => {
    const below = { type: 'object', properties: { a: { $ref: '#/components/schemas/Node' } } }
    const node = { anyOf: [{ type: 'integer' }, below, below] }
    let answer: unknown = 'wrong'
    for (let level = 0; level < 40; level++) answer = { a: answer }
    const shop = await running(startShop())
    const content = { 'application/json': { schema: below } }
    const path = { get: { operationId: 'deep', responses: { 200: { description: 'deep', content } } } }
    shop.document = {
      ...shopDocument,
      servers: [{ url: '/v1' }],
      paths: { '/deep': path },
      components: { schemas: { Node: node } },
    }
    shop.routes['GET /v1/deep'] = () => ({ body: answer })
    const { client } = await system(shopEntry(shop))
    const deep = await call(client, 'deep')
    expect([textOf(deep), deep.structuredContent]).toEqual([JSON.stringify(answer), {}])
  })

  test('that are too large are an error that says so', async () => {
    const { client } = await shopSystem()
    const large = await call(client, 'large')
    expect([large.isError, textOf(large)]).toEqual([true, expect.stringMatching(/^shop: GET \/large: .*(larger|more) than/)])
  })

  test('that say no are told in the words of the service, without our key', async () => {
    const { client } = await shopSystem()
    const unknown = await call(client, 'getOrder', { id: '404' })
    expect([unknown.isError, textOf(unknown)]).toEqual([
      true,
      'HTTP 404 Not Found: No such order: there is no order 404\n{"key":"******"}',
    ])
    const many = await call(client, 'create_order', { customer: 'Ann', quantity: 11 })
    expect(textOf(many)).toBe('HTTP 422 Unprocessable Entity: Too many: at most 10 are in stock')
  })
})

describe('requests', () => {
  test('have each body that a document can ask for', async () => {
    const { client, shop } = await shopSystem()
    await call(client, 'create_order', { customer: 'Bo', 'X-Trace': 't1' })
    expect([shop.last().json(), shop.last().headers['x-trace']]).toEqual([{ customer: 'Bo' }, 't1'])
    await call(client, 'addNote', { id: '7', body: 'срочно' })
    expect(shop.last().body.toString()).toBe('срочно')
    await call(client, 'login', { user: 'a b&c', roles: ['x', 'y'] })
    expect(shop.last().body.toString()).toBe('user=a+b%26c&roles=x&roles=y')
    await call(client, 'setPhoto', { id: '7', body: png.toString('base64') })
    expect(shop.last().body.equals(png)).toBe(true)
    const file = { data: png.toString('base64'), filename: 'a"\r\nb.png', contentType: 'image/png' }
    await call(client, 'upload', { file, caption: 'c', labels: ['l1', 'l2'], about: { k: 1 } })
    const sent = shop.last()
    const form = await new Response(sent.body, { headers: { 'content-type': sent.headers['content-type']! } }).formData()
    const uploaded = form.get('file') as File
    expect(Buffer.from(await uploaded.arrayBuffer()).equals(png)).toBe(true)
    expect([uploaded.type, form.get('caption'), form.getAll('labels')]).toEqual(['image/png', 'c', ['l1', 'l2']])
    expect(sent.body.toString('latin1')).toMatch(/filename="a%22%0D%0Ab\.png"/)
    expect(sent.body.toString('latin1')).toContain('name="about"\r\nContent-Type: application/json\r\n\r\n{"k":1}')
    const bad = await call(client, 'upload', { file: 'no base64!' })
    expect(textOf(bad)).toMatch(/file must be bytes in base64/)
  })

  test('have their parameters written as the document says', async () => {
    const { client, shop } = await shopSystem()
    await call(client, 'search', {
      filter: { a: { b: '1&2' }, c: [1, 2] },
      pipe: ['a', 'b|c'],
      space: ['x', 'y'],
      comma: ['p,q', 'r'],
      top: 3,
    })
    expect(shop.last().query).toBe(
      'filter%5Ba%5D%5Bb%5D=1%262&filter%5Bc%5D=1&filter%5Bc%5D=2&pipe=a%7Cb%7Cc&space=x%20y&comma=p%2Cq,r&%24top=3',
    )
    await call(client, 'search', { free: 'a/b?c&d=e#f', where: { x: [1] } })
    expect(shop.last().query).toBe(`free=a/b?c%26d%3De%23f&where=${encodeURIComponent('{"x":[1]}')}`)
    await call(client, 'map', { point: ['1', '2'], style: { r: 1, g: 2 } })
    expect(shop.last().path).toBe('/v1/map/.1,2;r=1;g=2')
    await call(client, 'listOrders', { tag: ['a', 'b'], region: 'eu; x' })
    expect([shop.last().query, shop.last().headers.cookie]).toEqual(['tag=a&tag=b', 'region=eu%3B%20x'])
  })

  test('stay below the path that the document says, whatever the arguments hold', async () => {
    const { client, shop } = await shopSystem()
    for (const id of ['../../admin', 'a/b', '?x=1', '#f', 'a\\..\\b', '%2e%2e', 'я\r\nHost: x', '....', ';a=b']) {
      await call(client, 'getOrder', { id })
      expect([shop.last().path, shop.last().values.id]).toEqual([expect.stringMatching(/^\/v1\/orders\/[^/?#]+$/), id])
    }
    const before = shop.asked.filter(({ path }) => path.startsWith('/v1/')).length
    for (const id of ['.', '..', ''])
      expect(textOf(await call(client, 'removeOrder', { id }))).toMatch(
        /^id (is part of the path and must not be empty|must not be \. or \.\.)/,
      )
    for (const trace of ['a\r\nX-Admin: 1', 'ж'])
      expect(textOf(await call(client, 'listOrders', { 'X-Trace': trace }))).toMatch(/sent as a header/)
    expect(textOf(await call(client, 'getOrder', { id: '\ud800' }))).toMatch(/half of a character/)
    expect(shop.asked.filter(({ path }) => path.startsWith('/v1/'))).toHaveLength(before)
  })

  test('to another place than the service do not follow it with our key', async () => {
    const { client } = await shopSystem()
    expect((await call(client, 'away')).isError).toBe(true)
  })
})

describe('who we are', () => {
  test('is said in the answer where the service does not know us, and where nothing is configured', async () => {
    const shop = await running(startShop())
    const wrong = await system(shopEntry(shop, { auth: { ...headerAuth, value: 'wrong-key-of-somebody' } }))
    expect(textOf(await call(wrong.client, 'list'))).toBe(
      'HTTP 401 Unauthorized: Unauthorized: the key ****** is not known\nThe service does not accept what is configured for it here: the header X-API-Key (auth).',
    )
    const bare = await system(shopEntry(shop, { name: 'bare', auth: undefined, prefix: 'bare_' }), { ready: false })
    await bare.yard.becomes('bare', 'connected')
    expect(textOf(await call(bare.client, 'bare_list'))).toMatch(
      /No credential is configured .* It wants an API key in the header X-API-Key\.$/,
    )
  })

  test('may stand in a file, in the query or in a cookie, and no tool asks for it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'switchyard-openapi-'))
    undo.push(() => rmSync(directory, { recursive: true }))
    writeFileSync(join(directory, 'key'), `${shopKey}\n`, { mode: 0o600 })
    const { client, shop } = await shopSystem({ auth: { type: 'header', name: 'x-api-key', value_file: join(directory, 'key') } })
    expect(Object.keys((await toolOf(client, 'listOrders')).inputSchema.properties!)).toEqual([
      'tag',
      'limit',
      'region',
      'X-Trace',
    ])
    expect((await call(client, 'list')).isError).toBeUndefined()
    for (const [auth, query, cookie] of [
      [{ type: 'query', name: 'limit', value: 'k&1' }, 'limit=k%261', undefined],
      [{ type: 'cookie', name: 'region', value: 'abc' }, '', 'region=abc'],
    ] as const) {
      const other = await system(shopEntry(shop, { auth, headers: { 'X-API-Key': shopKey } }))
      expect(Object.keys((await toolOf(other.client, 'listOrders')).inputSchema.properties!)).not.toContain(auth.name)
      await call(other.client, 'listOrders')
      expect([shop.last().query, shop.last().headers.cookie]).toEqual([query, cookie])
    }
  })

  test('is a token, asked for once by all, renewed before it expires and once where it is not taken', async () => {
    const depot = await running(startDepot())
    const auth = {
      type: 'oauth2',
      token_url: `${depot.url}/token`,
      client_id: depotClient.id,
      client_secret: depotClient.secret,
      scope: 'read',
    }
    const { client } = await system({ url: `${depot.url}/api/openapi.yaml`, base_url: depot.url, auth })
    await call(client, 'listItems')
    expect(depot.given).toHaveLength(1)
    // Another one was given meanwhile: ours is not taken any more.
    depot.given.push('somebody')
    depot.life = 1
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(client, 'listItems')))
    expect(answers.map(({ isError }) => isError)).toEqual(Array(5).fill(undefined))
    expect(depot.given).toHaveLength(3)
    const refusals = depot.refused
    await until('the token is renewed', async () => {
      expect((await call(client, 'listItems')).isError).toBeUndefined()
      return depot.given.length > 3
    })
    expect(depot.refused).toBe(refusals)
    expect(JSON.stringify(answers)).not.toContain('token-')
  })

  test('is refused at the token’s own place with a sentence that holds no secret', async () => {
    const depot = await running(startDepot())
    const auth = { type: 'oauth2', token_url: `${depot.url}/token`, client_id: 'nobody', client_secret: depotClient.secret }
    const { yard } = await system({ url: `${depot.url}/api/openapi.yaml`, base_url: depot.url, auth }, { ready: false })
    await yard.becomes('shop', 'stale')
    expect(yard.state('shop').error).toMatch(/gives no token for the client nobody: HTTP 401, invalid_client: \*{6} is wrong$/)
  })

  test('is shown to the configured place and to no other', async () => {
    const shop = await running(startShop())
    const other = await running(startShop())
    shop.document = { ...shopDocument, servers: [{ url: `${other.url}/v1` }] }
    const { yard } = await system(shopEntry(shop), { ready: false })
    await yard.becomes('shop', 'stale')
    expect(yard.state('shop').error).toMatch(
      new RegExp(`not where the credentials are for: if that is right, set base_url to ${other.url}/v1`),
    )
    const elsewhere = await running(startShop())
    elsewhere.document = shop.document
    const { client } = await system(shopEntry(elsewhere, { base_url: `${other.url}/v1` }))
    expect((await call(client, 'list')).isError).toBeUndefined()
    await until('a look at the document', () => elsewhere.asked.some(({ method }) => method === 'HEAD'))
    expect(elsewhere.asked.filter(({ headers }) => headers['x-api-key'] !== undefined)).toEqual([])
  })

  test('does not go where lists lead that were kept before it was configured', async () => {
    const shop = await running(startShop())
    const other = await running(startService({ 'GET /list': () => ({ body: [] }) }))
    shop.document = { ...shopDocument, servers: [{ url: other.url }] }
    const before = await system(shopEntry(shop, { auth: undefined, allow_private: true }))
    expect((await call(before.client, 'list')).isError).toBeUndefined()
    await until('the lists are kept', async () => (await store.database.db.select().from(upstreams))[0]?.lastConnectedAt)
    const { client } = await system(shopEntry(shop), { ready: false })
    const refused = await call(client, 'list')
    expect([refused.isError, textOf(refused)]).toEqual([
      true,
      `shop: /list leads to ${other.url}, where the credentials are not for`,
    ])
    expect(other.asked).toHaveLength(1)
  })

  test('does not reach private addresses that a document names', async () => {
    const shop = await running(startShop())
    const other = await running(startService({ 'GET /list': () => ({ body: [] }) }))
    shop.document = { ...shopDocument, servers: [{ url: other.url }] }
    const { client } = await system(shopEntry(shop, { auth: undefined }))
    expect((await call(client, 'list')).isError).toBe(true)
    expect(other.asked).toEqual([])
  })
})

describe('other dialects', () => {
  test('OpenAPI 3.1 in YAML of several files', async () => {
    const depot = await running(startDepot())
    const auth = { type: 'oauth2', token_url: `${depot.url}/token`, client_id: depotClient.id, client_secret: depotClient.secret }
    const { client, yard } = await system({ url: `${depot.url}/api/openapi.yaml`, base_url: depot.url, auth })
    expect((await toolsOf(client)).map(({ name }) => name)).toEqual(['listItems', 'addItem', 'outside'])
    expect(yard.state('shop').leftOut).toEqual([
      expect.stringMatching(/^missing \(POST \/secret\): missing\.yaml#\/Body cannot be fetched: .*HTTP 404/),
    ])
    expect((await toolOf(client, 'listItems')).inputSchema.properties).toEqual({ q: { type: ['string', 'null'] } })
    expect((await call(client, 'addItem', { body: { kind: 'crate', inside: [1, { id: 3 }] } })).isError).toBeUndefined()
    expect(textOf(await call(client, 'addItem', { body: 5 }))).toMatch(/body/)
  })

  test('Swagger 2.0', async () => {
    const clinic = await running(startClinic())
    const auth = { type: 'basic', username: 'vet', password: 'secret-of-vets' }
    const { client } = await system({ url: `${clinic.url}/swagger.json`, auth })
    expect((await toolOf(client, 'addPet')).inputSchema).toMatchObject({
      properties: { name: { type: 'string' }, kind: { type: 'string' }, chip: { type: ['string', 'null'] } },
      required: ['name', 'kind'],
    })
    expect((await call(client, 'addPet', { name: 'Tom', kind: 'cat' })).structuredContent).toEqual({
      id: 5,
      name: 'Tom',
      kind: 'cat',
    })
    await call(client, 'findPets', { kind: ['a', 'b'], status: ['well', 'ill'], tabs: ['x', 'y'], ids: [1, 2] })
    expect(clinic.last().query).toBe('kind=a&kind=b&status=well%7Cill&tabs=x%09y&ids=1,2')
    expect(textOf(await call(client, 'renamePet', { petId: 5, name: 'Tim' }))).toBe('name=Tim')
    await call(client, 'addImage', { petId: 5, image: png.toString('base64'), remark: 'r' })
    expect(clinic.last().body.includes(png)).toBe(true)
    expect((await toolOf(client, 'addImage')).inputSchema.required).toEqual(['petId', 'image'])
  })

  test('a file, for which base_url says where the service is', async () => {
    const shop = await running(startShop())
    const directory = mkdtempSync(join(tmpdir(), 'switchyard-openapi-'))
    undo.push(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'shop.json')
    writeFileSync(file, JSON.stringify(shopDocument))
    const { client, yard } = await system({ file, base_url: `${shop.url}/v1`, auth: headerAuth })
    expect((await call(client, 'list')).isError).toBeUndefined()
    expect(yard.state('shop').transport).toBe('file')
    const lost = await system({ name: 'lost', prefix: 'lost_', file, auth: headerAuth }, { ready: false })
    await lost.yard.becomes('lost', 'stale')
    expect(lost.yard.state('lost').error).toMatch(/names no server by a whole URL: set base_url/)
  })
})

test('what can be read by its path alone is a resource too, where that is wanted', async () => {
  const { client } = await shopSystem({ resources: true })
  const uris = (await client.listResources()).resources.map(({ uri }) => uri)
  expect(uris).toEqual(expect.arrayContaining(['openapi://shop/orders', 'openapi://shop/hello']))
  const { resourceTemplates } = await client.listResourceTemplates()
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('openapi://shop/orders/{id}')
  const { contents } = await client.readResource({ uri: 'openapi://shop/orders/7' })
  expect(contents).toEqual([
    { uri: 'openapi://shop/orders/7', mimeType: 'application/json', text: expect.stringContaining('"Ann"') },
  ])
  const photo = await client.readResource({ uri: 'openapi://shop/orders/7/photo' })
  expect(photo.contents).toMatchObject([{ mimeType: 'image/png', blob: png.toString('base64') }])
  await expect(client.readResource({ uri: 'openapi://shop/orders/9' })).rejects.toThrow(/no order 9/)
})

describe('large documents', () => {
  /** As many operations of some weight as one wants. */
  function large(count: number): object {
    const paths = Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`/things${at}/{id}`, shopDocument.paths['/orders/{id}']]),
    )
    for (const [at, item] of Object.values(paths).entries())
      paths[`/things${at}/{id}`] = { get: { ...item.get, operationId: `get${at}` } } as never
    return { ...shopDocument, servers: [{ url: '/v1' }], paths }
  }

  test('of 1,000 operations are listed whole and called, and nobody waits while they are read', async () => {
    const shop = await running(startShop())
    shop.document = large(1_000)
    shop.routes['GET /v1/things999/{id}'] = ({ values }) => ({ body: { id: Number(values.id) } })
    let longest = 0
    let last = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const { client } = await system(shopEntry(shop))
    clearInterval(beat)
    expect(await toolsOf(client)).toHaveLength(1_000)
    expect((await call(client, 'get999', { id: '3' })).structuredContent).toEqual({ id: 3 })
    // No promise about a time: seconds would mean that the reading happens here and not in its thread.
    expect(longest).toBeLessThan(5_000)
  })

  test('of GitHub are imported whole: every operation a tool, every schema compiles, every name fits', async () => {
    const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json')
    const document = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, object> }
    const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch'])
    const operations = Object.values(document.paths).flatMap((item) => Object.keys(item).filter((word) => methods.has(word)))
    const { client, yard } = await system({ file, prefix: 'github_', base_url: 'http://127.0.0.1:9', check_every: '1h' })
    const tools = await toolsOf(client)
    expect(tools).toHaveLength(operations.length)
    expect(operations.length).toBeGreaterThan(300)
    expect(yard.state('shop').leftOut).toEqual([])
    const compile = compiler()
    for (const { name, inputSchema, outputSchema } of tools) {
      expect(name).toMatch(/^github_[A-Za-z0-9_-]{1,57}$/)
      compile(inputSchema)
      if (outputSchema) compile(outputSchema)
    }
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length)
  }, 60_000)
})

test('check reads the document and says what it found, or why it could not', async () => {
  const shop = await running(startShop())
  const upstreams = readEntries([
    { name: 'shop', kind: 'openapi', ...shopEntry(shop) },
    { name: 'none', kind: 'openapi', url: `${shop.url}/none` },
  ])
  const { config } = loadConfig({ flags: {}, env: {}, cwd: '/', home: '/' })
  const [good, bad] = upstreamProbes({ ...config, upstreams }, {})
  expect(await good!.attempt(AbortSignal.timeout(20_000))).toMatch(/^\d\d tools, Shop 1\.4, 2 left out: broken \(POST \/broken\)/)
  await expect(bad!.attempt(AbortSignal.timeout(20_000))).rejects.toThrow(/cannot be had: HTTP 401|HTTP 404/)
})

test('a service that is away is served from what it said, and comes back by itself', async () => {
  const { client, yard, shop } = await shopSystem()
  await shop.stop()
  await yard.becomes('shop', 'stale')
  expect((await toolsOf(client)).length).toBeGreaterThan(10)
  const away = await call(client, 'list')
  expect([away.isError, textOf(away)]).toEqual([true, expect.stringMatching(/^shop: /)])
  await until('tools are still there', async () => (await toolsOf(client)).length > 10)
})
