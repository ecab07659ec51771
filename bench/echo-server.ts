/** The MCP server behind the gateways: the tool echo over stdio, in both eras, with so little work that the gateway is what a call costs. */
import { createLineReader } from '../app/lines.ts'

type Params = Readonly<Record<string, unknown>>

interface Message {
  readonly id?: number | string
  readonly method?: string
  readonly params?: Params
}

const serverInfo = { name: 'echo', version: '1.0.0' }
const capabilities = { tools: {} }
const message = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] }
const tool = { name: 'echo', description: 'Sends the message back unchanged.', inputSchema: message, outputSchema: message }

/** Results as they were up to 2025-11-25; what 2026-07-28 adds to each stands below. */
const results: Readonly<Record<string, (params: Params) => Params>> = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities, serverInfo }),
  ping: () => ({}),
  'server/discover': () => ({ supportedVersions: ['2026-07-28'], capabilities }),
  'tools/list': () => ({ tools: [tool] }),
  'tools/call': ({ arguments: given }) => ({
    content: [{ type: 'text', text: JSON.stringify(given) }],
    structuredContent: given,
  }),
}
const kept = { ttlMs: 60_000, cacheScope: 'public' }
const additions: Readonly<Record<string, Params>> = {
  'server/discover': { ...kept, _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo } },
  'tools/list': kept,
}

function answerTo({ id, method = '', params = {} }: Message): string {
  const result = results[method]?.(params)
  if (!result) return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: `unknown method ${method}` } })
  // Only requests of 2026-07-28 say in themselves which version they are of.
  const isNew = (params._meta as Params | undefined)?.['io.modelcontextprotocol/protocolVersion'] !== undefined
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    result: isNew ? { resultType: 'complete', ...result, ...additions[method] } : result,
  })
}

let answers = ''
const lines = createLineReader({
  max: 2 ** 20,
  onLine(text) {
    const asked = JSON.parse(text) as Message
    if (asked.id !== undefined) answers += `${answerTo(asked)}\n`
  },
  onLong() {},
})
process.stdin.on('data', (chunk: Buffer) => {
  lines.push(chunk)
  // What was asked in one piece is answered in one.
  if (answers !== '') process.stdout.write(answers)
  answers = ''
})
