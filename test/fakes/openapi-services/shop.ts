/** A shop that describes itself by OpenAPI 3.0, and lets nobody in without its key. */
import { type Asked, demand, type FakeService, Refusal, startService, typed } from './service.ts'

export const shopKey = 'shop-key-0123456789'

const text = { type: 'string' }
const order = { $ref: '#/components/schemas/Order' }
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const ok = (schema: object) => ({ 200: { description: 'ok', ...json(schema) } })
const inPath = (name: string, schema: object = text) => ({ name, in: 'path', required: true, schema })
const inQuery = (name: string, schema: object = text, more: object = {}) => ({ name, in: 'query', schema, ...more })
const list = { type: 'array', items: text }
const echo = ok({ type: 'object', properties: { query: text } })

export const shopDocument = {
  openapi: '3.0.3',
  info: { title: 'Shop', version: '1.4' },
  servers: [{ url: '/{version}', variables: { version: { default: 'v1' } } }],
  components: {
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
    parameters: { Trace: { name: 'X-Trace', in: 'header', schema: text } },
    schemas: {
      Order: {
        type: 'object',
        required: ['id', 'customer'],
        properties: {
          id: { type: 'integer', readOnly: true },
          customer: { type: 'string', minLength: 1, example: 'Ann' },
          quantity: { type: 'integer', minimum: 0, exclusiveMinimum: true, default: 1 },
          note: { type: 'string', nullable: true },
          pin: { type: 'string', writeOnly: true },
          state: { type: 'string', enum: ['open', 'paid', 'paid'] },
        },
      },
      Category: {
        type: 'object',
        required: ['name'],
        properties: {
          name: text,
          parent: { $ref: '#/components/schemas/Category' },
          children: { type: 'array', items: { $ref: '#/components/schemas/Category' } },
        },
      },
      Pet: {
        type: 'object',
        oneOf: [{ $ref: '#/components/schemas/Dog' }],
        discriminator: { propertyName: 'kind', mapping: { dog: '#/components/schemas/Dog' } },
      },
      Dog: { allOf: [{ $ref: '#/components/schemas/Pet' }, { type: 'object', properties: { kind: text } }] },
    },
  },
  paths: {
    '/orders': {
      parameters: [{ $ref: '#/components/parameters/Trace' }, { name: 'X-API-Key', in: 'header', required: true, schema: text }],
      get: {
        operationId: 'listOrders',
        tags: ['orders'],
        summary: 'All orders',
        description: 'Newest first.',
        parameters: [
          inQuery('tag', list),
          inQuery('limit', { type: 'integer', maximum: 100 }),
          { name: 'region', in: 'cookie', schema: text },
        ],
        responses: ok({ type: 'object', properties: { orders: { type: 'array', items: order }, total: { type: 'integer' } } }),
      },
      post: {
        operationId: 'create order',
        tags: ['orders'],
        deprecated: true,
        requestBody: { required: true, ...json(order) },
        responses: { 201: { description: 'made', ...json(order) } },
      },
    },
    '/orders/{id}': {
      parameters: [inPath('id')],
      get: { operationId: 'getOrder', tags: ['orders'], responses: ok(order) },
      put: {
        operationId: 'replaceOrder',
        parameters: [inQuery('id', { type: 'boolean' })],
        requestBody: json({ type: 'object', required: ['id'], properties: { id: { type: 'integer' } } }),
        responses: ok(order),
      },
      delete: { operationId: 'removeOrder', responses: { 204: { description: 'gone' } } },
    },
    '/orders/{id}/note': {
      post: {
        operationId: 'addNote',
        parameters: [inPath('id')],
        requestBody: { required: true, content: { 'text/plain': { schema: text } } },
        responses: echo,
      },
    },
    '/orders/{id}/photo': {
      parameters: [inPath('id')],
      get: {
        responses: {
          200: { description: 'a picture', content: { 'image/png': { schema: { type: 'string', format: 'binary' } } } },
        },
      },
      put: {
        operationId: 'setPhoto',
        requestBody: {
          required: true,
          content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
        },
        responses: echo,
      },
    },
    '/orders/{id}/invoice': {
      get: {
        operationId: 'invoice',
        parameters: [inPath('id')],
        responses: { 200: { description: 'a page', content: { 'application/pdf': {} } } },
      },
    },
    '/files': {
      post: {
        operationId: 'upload',
        requestBody: {
          required: true,
          content: {
            'multipart/form-data': {
              schema: {
                type: 'object',
                required: ['file'],
                properties: {
                  file: { type: 'string', format: 'binary' },
                  caption: text,
                  labels: list,
                  about: { type: 'object' },
                },
              },
            },
          },
        },
        responses: echo,
      },
    },
    '/login': {
      post: {
        operationId: 'login',
        requestBody: {
          required: true,
          content: {
            'application/x-www-form-urlencoded': {
              schema: { type: 'object', required: ['user'], properties: { user: text, roles: list } },
            },
          },
        },
        responses: ok(text),
      },
    },
    '/search': {
      get: {
        operationId: 'search',
        parameters: [
          inQuery('filter', { type: 'object', additionalProperties: true }, { style: 'deepObject', explode: true }),
          inQuery('pipe', list, { style: 'pipeDelimited', explode: false }),
          inQuery('space', list, { style: 'spaceDelimited', explode: false }),
          inQuery('comma', list, { explode: false }),
          inQuery('free', text, { allowReserved: true }),
          { name: 'where', in: 'query', content: { 'application/json': { schema: { type: 'object' } } } },
          inQuery('$top', { type: 'integer' }),
        ],
        responses: echo,
      },
    },
    '/map/{point}{style}': {
      get: {
        operationId: 'map',
        parameters: [
          { ...inPath('point', list), style: 'label' },
          { ...inPath('style', { type: 'object' }), style: 'matrix', explode: true },
        ],
        responses: echo,
      },
    },
    '/categories': {
      post: {
        operationId: 'addCategory',
        requestBody: { required: true, ...json({ $ref: '#/components/schemas/Category' }) },
        responses: ok({ $ref: '#/components/schemas/Category' }),
      },
    },
    '/pets': {
      post: {
        operationId: 'addPet',
        requestBody: { required: true, ...json({ $ref: '#/components/schemas/Pet' }) },
        responses: echo,
      },
    },
    '/list': { get: { operationId: 'list', responses: ok({ type: 'array', items: { type: 'integer' } }) } },
    '/hello': {
      get: { operationId: 'hello', responses: { 200: { description: 'a word', content: { 'text/plain': { schema: text } } } } },
    },
    '/large': { get: { operationId: 'large', responses: echo } },
    '/wrong': {
      get: {
        operationId: 'wrong',
        responses: ok({ type: 'object', required: ['count'], properties: { count: { type: 'integer' }, name: text } }),
      },
    },
    '/away': { get: { operationId: 'away', responses: echo } },
    '/broken': { post: { operationId: 'broken', requestBody: json({ $ref: '#/components/schemas/Nowhere' }), responses: echo } },
    '/far': {
      post: { operationId: 'far', requestBody: json({ $ref: 'https://elsewhere.example/schemas.json#/Far' }), responses: echo },
    },
  },
}

export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

export interface Shop extends FakeService {
  /** Answered at /openapi.json. */
  document: object
}

export async function startShop(): Promise<Shop> {
  const orders = new Map([['7', { id: 7, customer: 'Ann', quantity: 2, note: null }]])
  const known = (asked: Asked) => {
    const found = orders.get(asked.values.id!)
    if (!found)
      throw new Refusal(404, 'No such order', { detail: `there is no order ${asked.values.id}`, key: asked.headers['x-api-key'] })
    return found
  }
  const showQuery = (asked: Asked) => ({ body: { query: asked.query } })
  const service = await startService(
    {
      'GET /openapi.json': () => ({ body: shop.document, headers: { etag: '"1"' } }),
      'GET /v1/orders': () => ({ body: { orders: [...orders.values()], total: orders.size } }),
      'POST /v1/orders': (asked) => {
        const made = demand(asked, ['customer'])
        if (Number(made.quantity) > 10) throw new Refusal(422, 'Too many', { detail: 'at most 10 are in stock' })
        return { status: 201, body: { id: 8, ...made } }
      },
      'GET /v1/orders/{id}': (asked) => ({ body: known(asked) }),
      'PUT /v1/orders/{id}': (asked) => ({ body: { ...known(asked), ...demand(asked) } }),
      'DELETE /v1/orders/{id}': (asked) => {
        known(asked)
        return { status: 204 }
      },
      'POST /v1/orders/{id}/note': typed(/^text\/plain/, (asked) => ({ body: { query: asked.body.toString() } })),
      'GET /v1/orders/{id}/photo': () => ({ type: 'image/png', body: png }),
      'PUT /v1/orders/{id}/photo': typed(/^application\/octet-stream$/, (asked) => ({
        body: { query: asked.body.toString('hex') },
      })),
      'GET /v1/orders/{id}/invoice': () => ({ type: 'application/pdf', body: Buffer.from('%PDF-1.7') }),
      'POST /v1/files': typed(/^multipart\/form-data; boundary=/, (asked) => ({
        body: { query: asked.body.toString('latin1') },
      })),
      'POST /v1/login': typed(/^application\/x-www-form-urlencoded$/, (asked) => ({ body: asked.body.toString() })),
      'GET /v1/search': showQuery,
      'GET /v1/map/{all}': (asked) => ({ body: { query: asked.path } }),
      'POST /v1/categories': (asked) => ({ body: demand(asked, ['name']) }),
      'POST /v1/pets': (asked) => ({ body: { query: JSON.stringify(demand(asked)) } }),
      'GET /v1/list': () => ({ body: [1, 2] }),
      'GET /v1/hello': () => ({ type: 'text/plain; charset=utf-8', body: 'Здравствуйте' }),
      'GET /v1/large': () => ({ type: 'text/plain', body: Buffer.alloc(17 * 2 ** 20, 97) }),
      'GET /v1/wrong': () => ({ body: { count: 'seven', name: null } }),
      'GET /v1/away': () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' } }),
    },
    {
      admit({ headers }) {
        if (headers['x-api-key'] !== shopKey)
          throw new Refusal(401, 'Unauthorized', { detail: `the key ${headers['x-api-key']} is not known` })
      },
      open: ({ path }) => path === '/openapi.json',
    },
  )
  const shop = Object.assign(service, { document: shopDocument as object })
  return shop
}
