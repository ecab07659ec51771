/** The tools as a proxy reads them that calls each over the one path for all: its parameters, and how a call of it is sent. */
import type { Command, Json } from '../call.ts'

/** @param prefix before each name, so that the tools of several servers stay apart there */
export function exportTools(tools: readonly Command[], prefix: string): Json {
  return {
    version: '1.0',
    tools: tools.map(({ name, definition }) => ({
      name: prefix + name,
      description: definition.description ?? '',
      parameters: definition.inputSchema ?? { type: 'object', properties: {} },
    })),
    routes: tools.map(({ name }) => ({
      tool_name: prefix + name,
      endpoint: '/cmd',
      method: 'post',
      json_rpc: { method: name },
    })),
  }
}

/** What proxies of this kind put before a name where nobody says otherwise. */
export const usualPrefix = 'mcp_'
