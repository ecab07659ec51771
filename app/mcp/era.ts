/** The names that 2026-07-28, the revision without sessions, has for things, and the revisions before it. */
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js'

/** The revision in which every request stands for itself. */
export const modernVersion = '2026-07-28'

/** The revisions with sessions that we speak, newest first. */
export const sessionVersions: readonly string[] = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version <= '2025-11-25')

/** Reserved members of `_meta` (2026-07-28, basic). */
export const metaNames = {
  version: 'io.modelcontextprotocol/protocolVersion',
  client: 'io.modelcontextprotocol/clientInfo',
  abilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  server: 'io.modelcontextprotocol/serverInfo',
  subscription: 'io.modelcontextprotocol/subscriptionId',
} as const

/** The extension by which 2026-07-28 has tasks. */
export const tasksExtension = 'io.modelcontextprotocol/tasks'

/** The request headers that repeat what stands in the body, so that balancers can look at them. */
export const headerNames = { version: 'mcp-protocol-version', method: 'mcp-method', name: 'mcp-name' } as const

/** The member of `params` that the header `Mcp-Name` repeats, by method. */
export const namedBy: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}
