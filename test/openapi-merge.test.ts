/** What is promised of OpenAPI documents that were joined. */
import { describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { buildCommands } from '../app/commands/build.ts'
import { echoCommands } from '../app/commands/echo.ts'
import { makeDocument } from '../app/openapi/document.ts'
import { checkSource, mergeDocuments } from '../app/openapi/merge.ts'

const base = makeDocument(buildCommands(echoCommands(), 'switchyard'), { version: '1' })
const shop = {
  openapi: '3.0.3',
  info: { title: 'Shop', version: '2' },
  servers: [{ url: 'https://shop.example/v1' }],
  security: [{ key: [] }],
  tags: [{ name: 'orders' }],
  paths: {
    '/orders': {
      parameters: [{ $ref: '#/components/parameters/Page' }],
      get: {
        operationId: 'list',
        tags: ['orders'],
        responses: {
          200: { description: 'All', content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } },
          default: { $ref: '#/components/responses/Failure' },
        },
      },
      post: {
        security: [],
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object', properties: { example: { $ref: '#/components/schemas/Order' } } },
              example: { $ref: '#/components/schemas/Order' },
            },
          },
        },
        responses: { 201: { description: 'Made' } },
      },
    },
  },
  components: {
    parameters: { Page: { name: 'page', in: 'query', schema: { type: 'integer' } } },
    responses: {
      Failure: { description: 'No', content: { 'application/json': { schema: { $ref: '#/components/schemas/CommandList' } } } },
    },
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } },
    schemas: {
      CommandList: { type: 'string', enum: ['of the shop'] },
      Order: {
        oneOf: [{ $ref: '#/components/schemas/Sale' }, { $ref: '#/components/schemas/Gift' }],
        discriminator: { propertyName: 'kind', mapping: { sale: '#/components/schemas/Sale', gift: 'Gift' } },
      },
      Implied: { oneOf: [{ $ref: '#/components/schemas/Sale' }], discriminator: { propertyName: 'kind' } },
      Sale: { type: 'object' },
      Gift: { type: 'object' },
    },
  },
}

const joined = mergeDocuments(base, [{ name: 'shop', document: shop }])
const schemas = (joined.components as { schemas: Json }).schemas as Record<string, Json>
const operation = (method: string) => ((joined.paths as Record<string, Json>)['/shop/orders'] as Record<string, Json>)[method]!

/** Every reference in a document, wherever it stands but in data. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) =>
    key === '$ref' && typeof part === 'string'
      ? [part]
      : key === 'example' && !('properties' in (part as object))
        ? []
        : references(part),
  )
}

describe('a joined document', () => {
  test('keeps what was ours as it was', () => {
    expect((joined.paths as Json)['/cmd']).toEqual((base.paths as Json)['/cmd'])
    expect(schemas.CommandList).toEqual(((base.components as Json).schemas as Json).CommandList)
    expect(joined).toMatchObject({ openapi: '3.0.3', info: base.info, security: base.security })
  })

  test('has the other paths, operations, tags and sign-ins under the name', () => {
    expect(operation('get')).toMatchObject({ operationId: 'shop_list', tags: ['shop_orders'], security: [{ shop_key: [] }] })
    expect(operation('post')).toMatchObject({ tags: ['shop'], security: [] })
    expect(joined.tags).toEqual(expect.arrayContaining([{ name: 'shop_orders' }, { name: 'shop' }]))
    expect((joined.components as Json).securitySchemes).toHaveProperty('shop_key')
  })

  test('refers to nothing that is not in it', () => {
    const found = new Set(references({ paths: { '/shop/orders': operation('get') }, components: joined.components }))
    expect(found.size).toBeGreaterThan(5)
    for (const reference of found) {
      const there = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, step) => (at as Json | undefined)?.[step], joined)
      expect(there, reference).toBeDefined()
    }
    expect(operation('get')).toMatchObject({ responses: { default: { $ref: '#/components/responses/shop_Failure' } } })
  })

  test('tells a keyword from a member of that name, and data from references', () => {
    const content = (operation('post').requestBody as { content: Record<string, Json> }).content['application/json']!
    expect(content.schema).toMatchObject({ properties: { example: { $ref: '#/components/schemas/shop_Order' } } })
    expect(content.example).toEqual({ $ref: '#/components/schemas/Order' })
  })

  test('has discriminators that lead to the new names, also where the names were implied', () => {
    expect(schemas.shop_Order!.discriminator).toEqual({
      propertyName: 'kind',
      mapping: { sale: '#/components/schemas/shop_Sale', gift: '#/components/schemas/shop_Gift' },
    })
    expect(schemas.shop_Implied!.discriminator).toEqual({
      propertyName: 'kind',
      mapping: { Sale: '#/components/schemas/shop_Sale' },
    })
  })

  test('has no type lists, whatever 3.1 says', () => {
    const newer = {
      openapi: '3.1.0',
      paths: { '/x': { get: { parameters: [{ name: 'q', in: 'query', schema: { type: ['string', 'null'] } }], responses: {} } } },
      components: {
        schemas: {
          A: { type: 'object', properties: { b: { anyOf: [{ $ref: '#/components/schemas/B' }, { type: 'null' }] } } },
          B: { const: 1 },
        },
      },
    }
    const document = mergeDocuments(base, [{ name: 'n', document: newer }])
    expect((document.components as { schemas: Json }).schemas).toMatchObject({
      n_A: { properties: { b: { nullable: true, allOf: [{ $ref: '#/components/schemas/n_B' }] } } },
      n_B: { enum: [1] },
    })
    expect((document.paths as Json)['/n/x']).toMatchObject({
      get: { parameters: [{ schema: { type: 'string', nullable: true } }] },
    })
  })
})

test.each([
  [{ swagger: '2.0', paths: {} }, /Swagger 2.0: convert it/],
  [{ openapi: '4.0.0' }, /no OpenAPI document of 3.0 or 3.1/],
  ['text', /not an object/],
])('%j is refused', (document, sentence) => {
  expect(() => checkSource(document)).toThrow(sentence)
})
