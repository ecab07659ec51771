// An MCP server over stdio that plants script wherever a server can say something. Each place runs under a name of its own.
import { createInterface } from 'node:readline'

const runs = (place) => `globalThis.__planted = (globalThis.__planted ?? '') + ${JSON.stringify(`${place} `)}`
/** Markup that would run, in three ways, if it ever became a part of a page. */
export const planted = (place) => {
  const script = runs(place).replaceAll('"', '&quot;')
  return `${place}<img src=x onerror="${script}"><script>${runs(place)}</script><svg onload="${script}">`
}
const link = (place) => `javascript:${runs(place)}`
const drawn = `<svg xmlns="http://www.w3.org/2000/svg" onload="${runs('drawing').replaceAll('"', '&quot;')}"><script>${runs('drawing')}</script></svg>`

const inputSchema = {
  type: 'object',
  title: planted('schema title'),
  required: ['choice'],
  properties: {
    choice: { enum: [planted('enum'), 'plain'], title: planted('member title'), description: planted('member description') },
    [planted('member')]: { type: 'string', default: planted('default'), examples: [planted('example')] },
  },
}
const icons = [{ src: link('icon'), mimeType: 'image/svg+xml' }]
const tool = (name, more = {}) => ({
  name,
  title: planted('title'),
  description: planted('description'),
  inputSchema,
  icons,
  ...more,
})
const base64 = (text) => Buffer.from(text).toString('base64')

const results = {
  texts: {
    content: [
      { type: 'text', text: planted('text') },
      { type: 'text', text: `[link](${link('link')})` },
      { type: 'image', data: base64(drawn), mimeType: 'image/svg+xml' },
      { type: 'image', data: base64(drawn), mimeType: 'text/html' },
      { type: 'image', data: base64(drawn), mimeType: `image/png" onerror="${runs('kind of image')}` },
      { type: 'audio', data: base64(drawn), mimeType: 'text/html' },
      {
        type: 'resource_link',
        uri: link('resource'),
        name: planted('resource name'),
        description: planted('resource description'),
      },
      { type: 'resource', resource: { uri: link('inside'), mimeType: 'text/html', text: planted('resource text') } },
      { type: planted('kind'), text: planted('unknown') },
    ],
    structuredContent: { [planted('key')]: planted('value'), __proto__: { planted: planted('prototype') } },
  },
  refuses: { isError: true, content: [{ type: 'text', text: planted('error text') }] },
}

const answers = {
  initialize: ({ protocolVersion }) => ({
    result: {
      protocolVersion,
      capabilities: { tools: {}, logging: {} },
      serverInfo: { name: planted('server'), version: planted('version'), title: planted('server title') },
      instructions: planted('instructions'),
    },
  }),
  'tools/list': () => ({
    result: { tools: [tool('texts'), tool('refuses'), tool('breaks'), tool(planted('name').slice(0, 120))] },
  }),
  'tools/call': ({ name }) =>
    results[name]
      ? { result: results[name] }
      : { error: { code: -32000, message: planted('error'), data: { planted: planted('data') } } },
  ping: () => ({ result: {} }),
}

process.stderr.write(`${planted('stderr')}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) continue
  const answer = answers[method]?.(params ?? {}) ?? { error: { code: -32601, message: planted('unknown method') } }
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`)
}
