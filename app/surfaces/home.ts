/** What somebody sees who opens port 9090 in a browser: what this is, and where to connect. */
import { Hono } from 'hono'
import type { Surface, Web } from '../yard.ts'

export const home: Surface = function openHome(yard) {
  const app: Web = new Hono()
  const about = {
    name: 'switchyard',
    version: yard.version,
    description:
      'An MCP server and gateway. Connect an MCP client to one of the endpoints; people use the panel on the admin port.',
    endpoints: {
      streamable_http: '/mcp',
      sse: '/sse',
      websocket: '/ws',
      jsonrpc: '/cmd',
      rest: '/api/commands',
      openapi: '/openapi.json',
      docs: '/docs',
      health: '/health',
      metrics: '/metrics',
    },
  }
  app.get('/', (c) => c.json(about))
  // Where proxies for 1C say what they are.
  app.get('/info', (c) => c.json({ ...about, transports: ['streamable_http', 'sse', 'websocket'] }))
  return app
}
