// An MCP server over stdio that prints its environment and its arguments, and repeats both in the errors of its tool.
import { createInterface } from 'node:readline'

const told = `${JSON.stringify(process.env)} ${process.argv.slice(2).join(' ')}`
process.stderr.write(`starting with ${told}\n`)

const tool = { name: 'tell', description: 'Fails and says everything', inputSchema: { type: 'object' } }
const answers = {
  initialize: ({ protocolVersion }) => ({
    result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'telltale', version: '1' } },
  }),
  'tools/list': () => ({ result: { tools: [tool] } }),
  'tools/call': ({ arguments: { how } = {} }) =>
    how === 'protocol'
      ? { error: { code: -32000, message: `failed with ${told}`, data: { told } } }
      : { result: { isError: true, content: [{ type: 'text', text: `failed with ${told}` }] } },
  ping: () => ({ result: {} }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) continue
  const answer = answers[method]?.(params ?? {}) ?? { error: { code: -32601, message: 'unknown' } }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`)
}
