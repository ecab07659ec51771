/** A REST service with an OpenAPI document of its own: one thing to read, one to change. */
import { type HostileService, json, startHostile } from './hostile-service.ts'

export interface Warehouse {
  readonly url: string
  stop(): Promise<void>
}

const item = { name: 'item', in: 'path', required: true, description: 'What it is called', schema: { type: 'string' } }
const stock = {
  type: 'object',
  properties: { item: { type: 'string' }, pieces: { type: 'integer' }, shelf: { type: 'string', nullable: true } },
  required: ['item', 'pieces'],
}
const answered = (schema: object) => ({ 200: { description: 'done', content: { 'application/json': { schema } } } })

const document = {
  openapi: '3.0.3',
  info: { title: 'Warehouse', version: '1.0.0' },
  paths: {
    '/stock/{item}': {
      get: { operationId: 'getStock', summary: 'How many there are', parameters: [item], responses: answered(stock) },
      put: {
        operationId: 'setStock',
        summary: 'Sets how many there are',
        parameters: [item],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { type: 'object', properties: { pieces: { type: 'integer' } }, required: ['pieces'] } },
          },
        },
        responses: answered(stock),
      },
    },
  },
}

/** Knows bolts and nuts; anything else is 404, and a body that is not JSON 415. */
export async function startWarehouse(): Promise<Warehouse> {
  const pieces = new Map([
    ['bolt', 12],
    ['nut', 0],
  ])
  const service: HostileService = await startHostile()
  service.answer(({ method, path, headers, body }, response) => {
    if (path === '/openapi.json') return json(response, document)
    const name = decodeURIComponent(/^\/stock\/([^/?]+)$/.exec(path)?.[1] ?? '')
    if (!pieces.has(name)) return json(response, { title: 'Unknown item', status: 404 }, 404)
    if (method === 'PUT') {
      if (!headers['content-type']?.startsWith('application/json')) return json(response, { title: 'JSON only' }, 415)
      pieces.set(name, (JSON.parse(body) as { pieces: number }).pieces)
    }
    json(response, { item: name, pieces: pieces.get(name), shelf: null })
  })
  return { url: service.url.replace(/\/$/, ''), stop: service.stop }
}
