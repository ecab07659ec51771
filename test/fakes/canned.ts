/** An MCP server over HTTP that answers to the letter what a test has written, in either era and without a session. */
import type { Json } from '../../app/call.ts'
import { type RawHttp, startRawHttp } from './raw-http.ts'

export interface Canned {
  readonly tools?: readonly Json[]
  readonly resources?: readonly Json[]
  readonly prompts?: readonly Json[]
  /** Results by method and name or URI: `tools/call draw`. */
  readonly results: Readonly<Record<string, Json>>
}

const lists: Readonly<Record<string, keyof Canned>> = {
  'tools/list': 'tools',
  'resources/list': 'resources',
  'prompts/list': 'prompts',
}
const capabilities = { tools: {}, resources: {}, prompts: {} }
const serverInfo = { name: 'canned', version: '1' }

export function startCanned(era: 'session' | 'modern', canned: Canned): Promise<RawHttp> {
  function resultFor(method: string, params: Json): Json | undefined {
    if (method === 'initialize') return { protocolVersion: '2025-11-25', capabilities, serverInfo }
    if (method === 'server/discover') return { supportedVersions: ['2026-07-28'], capabilities, serverInfo }
    const list = lists[method]
    if (list) return { [list]: canned[list] ?? [] }
    if (method === 'resources/templates/list') return { resourceTemplates: [] }
    return canned.results[`${method} ${params.name ?? params.uri}`]
  }

  return startRawHttp(({ method, message }, reply) => {
    if (method !== 'POST') return reply.empty(405)
    if (message.id === undefined) return reply.empty(202)
    const { id } = message
    const asked = String(message.method)
    const wrongEra = asked === (era === 'session' ? 'server/discover' : 'initialize')
    const result = wrongEra ? undefined : resultFor(asked, (message.params ?? {}) as Json)
    if (!result) return reply.json({ jsonrpc: '2.0', id, error: { code: -32601, message: `unknown: ${asked}` } })
    reply.json({ jsonrpc: '2.0', id, result: era === 'modern' ? { resultType: 'complete', ...result } : result })
  })
}
