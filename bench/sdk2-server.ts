/** The same tool served by version 2 of the official SDK alone, in the era without sessions, over Hono's adapter for Node. */
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { listenAndSay } from './listen.ts'

const { fetch } = createMcpHandler(() => {
  const server = new McpServer({ name: 'sdk', version: '2.0.0' })
  server.registerTool(
    'echo',
    {
      description: 'Sends the message back unchanged.',
      inputSchema: z.object({ message: z.string() }),
      outputSchema: z.object({ message: z.string() }),
    },
    ({ message }) => ({ content: [{ type: 'text', text: JSON.stringify({ message }) }], structuredContent: { message } }),
  )
  return server
})

listenAndSay(createServer(getRequestListener((request) => fetch(request))))
