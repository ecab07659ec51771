/** The official SDK that knows 2026-07-28. VARIANT is how it finds the revision: `legacy`, `auto`, or `pinned` to 2026-07-28. */
import type * as ClientModule from '@modelcontextprotocol/client'
import type * as StdioModule from '@modelcontextprotocol/client/stdio'
import { load } from '../../peers/load.mts'
import { elicited, roots, sampled } from './answers.ts'
import { childOf } from './child.ts'
import type { Client, ToolResult, Way } from './client.ts'
import { drive } from './drive.ts'

const modes: Record<string, ClientModule.VersionNegotiationMode> = {
  legacy: 'legacy',
  auto: 'auto',
  pinned: { pin: '2026-07-28' },
}

async function connect(way: Way, variant: string): Promise<Client> {
  const sdk = await load<typeof ClientModule>('@modelcontextprotocol/client')
  const client = new sdk.Client(
    { name: `sdk-v2-${variant}`, version: '2.4.0' },
    {
      capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
      versionNegotiation: { mode: modes[variant] },
    },
  )
  client.setRequestHandler('sampling/createMessage', ({ params }) => sampled(params))
  client.setRequestHandler('roots/list', () => ({ roots }))
  client.setRequestHandler('elicitation/create', ({ params }) => elicited(params))

  const transport = await transportOf(sdk, way)
  await client.connect(transport)
  const modern = client.getProtocolEra() === 'modern'
  /** In 2026-07-28 each call says for itself what it wants to hear. */
  let logLevel: string | undefined
  return {
    version: client.getNegotiatedProtocolVersion() ?? 'unknown',
    listTools: async () => (await client.listTools()).tools,
    async call(name, values, { onProgress, signal } = {}) {
      const _meta = logLevel && { _meta: { [sdk.LOG_LEVEL_META_KEY]: logLevel } }
      return (await client.callTool({ name, arguments: values, ..._meta }, { onprogress: onProgress, signal })) as ToolResult
    },
    listResources: async () => (await client.listResources()).resources,
    listTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    read: async (uri) => (await client.readResource({ uri })).contents,
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: async (name, values) => (await client.getPrompt({ name, arguments: values })).messages,
    complete: async (ref, name, value, others) => {
      const context = others && { context: { arguments: others } }
      return (await client.complete({ ref, argument: { name, value }, ...context })).completion.values
    },
    async onToolsChanged(listener) {
      client.setNotificationHandler('notifications/tools/list_changed', listener)
      if (modern) await client.listen({ toolsListChanged: true })
    },
    async watch(uri, listener) {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
        if (params.uri === uri) listener()
      })
      if (modern) {
        const subscription = await client.listen({ resourceSubscriptions: [uri] })
        return () => subscription.close()
      }
      await client.subscribeResource({ uri })
      return async () => void (await client.unsubscribeResource({ uri }))
    },
    async hear(level, listener) {
      client.setNotificationHandler('notifications/message', ({ params }) => listener(params.level, params.data))
      if (modern) logLevel = level
      else await client.setLoggingLevel(level as ClientModule.LoggingLevel)
    },
    ping: async () => void (await client.ping()),
    async close() {
      if (transport instanceof sdk.StreamableHTTPClientTransport && !modern) await transport.terminateSession()
      await client.close()
    },
  }
}

async function transportOf(sdk: typeof ClientModule, way: Way): Promise<ClientModule.Transport> {
  const url = () => new URL(way.address[0] ?? '')
  switch (way.transport) {
    case 'stdio':
      return new (await load<typeof StdioModule>('@modelcontextprotocol/client/stdio')).StdioClientTransport(childOf(way))
    case 'sse':
      return new sdk.SSEClientTransport(url())
    case 'http':
      return new sdk.StreamableHTTPClientTransport(url())
    case 'websocket':
      throw new Error('this SDK has no WebSocket transport')
  }
}

await drive({
  connect,
  lacks: (_way, _variant, version) => (version === '2026-07-28' ? { ping: '2026-07-28 has no ping' } : {}),
})
