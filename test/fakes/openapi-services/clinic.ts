/** A clinic for pets that describes itself by Swagger 2.0, behind a user name and a password. */
import { demand, type FakeService, Refusal, startService, typed } from './service.ts'

const text = { type: 'string' }

const document = (host: string) => ({
  swagger: '2.0',
  info: { title: 'Clinic', version: '0.9' },
  host,
  basePath: '/v2',
  schemes: ['http'],
  consumes: ['application/json'],
  produces: ['application/json'],
  securityDefinitions: { login: { type: 'basic' } },
  definitions: {
    Pet: {
      type: 'object',
      discriminator: 'kind',
      required: ['name', 'kind'],
      properties: {
        id: { type: 'integer', format: 'int64', readOnly: true },
        name: text,
        kind: text,
        chip: { type: 'string', 'x-nullable': true },
      },
    },
  },
  paths: {
    '/pets': {
      get: {
        operationId: 'findPets',
        parameters: [
          { name: 'kind', in: 'query', type: 'array', items: text, collectionFormat: 'multi' },
          {
            name: 'status',
            in: 'query',
            type: 'array',
            items: { type: 'string', enum: ['well', 'ill'] },
            collectionFormat: 'pipes',
          },
          { name: 'tabs', in: 'query', type: 'array', items: text, collectionFormat: 'tsv' },
          { name: 'ids', in: 'query', type: 'array', items: { type: 'integer' } },
        ],
        responses: { 200: { description: 'ok', schema: { type: 'object', properties: { query: text } } } },
      },
      post: {
        operationId: 'addPet',
        parameters: [{ name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } }],
        responses: { 200: { description: 'ok', schema: { $ref: '#/definitions/Pet' } } },
      },
    },
    '/pets/{petId}/image': {
      post: {
        operationId: 'addImage',
        consumes: ['multipart/form-data'],
        parameters: [
          { name: 'petId', in: 'path', required: true, type: 'integer' },
          { name: 'image', in: 'formData', type: 'file', required: true },
          { name: 'remark', in: 'formData', type: 'string' },
        ],
        responses: { 200: { description: 'ok', schema: { type: 'object', properties: { body: text } } } },
      },
    },
    '/pets/{petId}': {
      post: {
        operationId: 'renamePet',
        consumes: ['application/x-www-form-urlencoded'],
        parameters: [
          { name: 'petId', in: 'path', required: true, type: 'integer' },
          { name: 'name', in: 'formData', type: 'string', required: true },
        ],
        responses: { 200: { description: 'ok' } },
      },
    },
  },
})

export async function startClinic(): Promise<FakeService> {
  const expected = `Basic ${Buffer.from('vet:secret-of-vets').toString('base64')}`
  const service = await startService(
    {
      'GET /swagger.json': ({ headers }) => ({ body: document(headers.host!) }),
      'GET /v2/pets': ({ query }) => ({ body: { query } }),
      'POST /v2/pets': (asked) => ({ body: { id: 5, ...demand(asked, ['name', 'kind']) } }),
      'POST /v2/pets/{id}/image': typed(/^multipart\/form-data/, (asked) => ({ body: { body: asked.body.toString('latin1') } })),
      'POST /v2/pets/{id}': typed(/^application\/x-www-form/, (asked) => ({ type: 'text/plain', body: asked.body.toString() })),
    },
    {
      admit({ headers }) {
        if (headers.authorization !== expected) throw new Refusal(401, 'Unauthorized')
      },
    },
  )
  return service
}
