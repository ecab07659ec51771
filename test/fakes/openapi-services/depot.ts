/** A depot that describes itself by OpenAPI 3.1, in YAML of two files, and gives tokens to a client that it knows. */
import { type FakeService, Refusal, startService } from './service.ts'

export const depotClient = { id: 'yard & co', secret: 'p@ss:word/+&=0123' }

const document = `
openapi: 3.1.0
info: { title: Depot, version: 2025-01 }
paths:
  /items:
    get:
      operationId: listItems
      parameters:
        - { name: q, in: query, schema: { type: [string, 'null'] } }
      responses:
        '200': { description: ok, content: { application/json: { schema: { type: object, properties: { items: { type: array, items: { $ref: 'schemas.yaml#/Item' } } } } } } }
    post:
      operationId: addItem
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: 'schemas.yaml#/Thing' } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { $ref: 'schemas.yaml#/Item' } } } }
  /secret:
    get: { operationId: outside, responses: { '200': { description: ok } }, requestBody: { $ref: 'missing.yaml#/Body' } }
    post: { operationId: missing, responses: { '200': { description: ok } }, requestBody: { $ref: 'missing.yaml#/Body' } }
`
const schemas = `
Item:
  type: object
  properties:
    id: { type: integer, exclusiveMinimum: 0 }
    box: { $ref: '#/Box' }
Box: { type: [object, 'null'], properties: { size: { const: large } } }
Thing:
  oneOf: [{ $ref: '#/Item' }, { $ref: '#/Crate' }]
  discriminator: { propertyName: kind, mapping: { item: '#/Item', crate: '#/Crate' } }
Crate: { type: object, required: [kind], properties: { kind: { const: crate }, inside: { type: array, prefixItems: [{ type: integer }], items: { $ref: '#/Item' } } } }
`

export interface Depot extends FakeService {
  /** Tokens that were given so far; only the newest is taken. */
  readonly given: string[]
  /** Seconds that the next one is good for. */
  life: number
  /** How many requests had no token, or another one. */
  refused: number
}

export async function startDepot(): Promise<Depot> {
  const given: string[] = []
  const service = await startService(
    {
      'GET /api/openapi.yaml': () => ({ type: 'application/yaml', body: document }),
      'GET /api/schemas.yaml': () => ({ type: 'application/yaml', body: schemas }),
      'POST /token': async ({ headers, body }) => {
        const form = new URLSearchParams(body.toString())
        const { id, secret } = depotClient
        const basic = Buffer.from(`${encodeURIComponent(id).replace(/%20/g, '+')}:${encodeURIComponent(secret)}`).toString(
          'base64',
        )
        if (form.get('grant_type') !== 'client_credentials') return { status: 400, body: { error: 'unsupported_grant_type' } }
        if (headers.authorization !== `Basic ${basic}`)
          return { status: 401, body: { error: 'invalid_client', error_description: `${secret} is wrong` } }
        // Whoever asks meanwhile waits for the same one.
        await new Promise((resolve) => setTimeout(resolve, 20))
        given.push(`token-${given.length + 1}-${form.get('scope')}`)
        return { body: { access_token: given.at(-1), token_type: 'Bearer', expires_in: depot.life } }
      },
      'GET /items': () => ({ body: { items: [{ id: 1, box: null }] } }),
      'POST /items': (asked) => ({ status: 201, body: { id: 2, ...asked.json() } }),
    },
    {
      admit({ headers }) {
        if (given.length && headers.authorization === `Bearer ${given.at(-1)}`) return
        depot.refused++
        throw new Refusal(401, 'Unauthorized')
      },
      open: ({ path }) => path === '/token' || path.startsWith('/api/'),
    },
  )
  const depot = Object.assign(service, { given, life: 3600, refused: 0 })
  return depot
}
