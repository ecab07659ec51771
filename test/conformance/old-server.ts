/** The fixture as a server of the session era over stdio, on the SDK's first line: a program of its own. It ends when its input does. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Json, Question } from '../../app/call.ts'
import type { Context } from '../../app/commands/command.ts'
import * as fixture from './fixture.ts'
import { contextOf, getPrompt, readResource, runTool } from './host.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true },
  completions: {},
  logging: {},
}
const server = new Server(fixture.serverInfo, { capabilities })
const offered = fixture.createFixture(
  (kind) => void (kind === 'tools' ? server.sendToolListChanged() : server.sendPromptListChanged()),
)
/** How to stop watching, by URI. */
const watched = new Map<string, () => void>()
/** Which capability a client must have declared to be asked so. */
const capabilityFor: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
}

function contextFor({ signal, _meta, sendNotification, sendRequest }: Extra): Context {
  const declared: Json = { ...server.getClientCapabilities() }

  /** The key is for a gateway that has clients of 2026-07-28, who see it. */
  function put([key, { method, params }]: [string, Question]): Promise<[string, Json]> {
    const request = { method, params: { ...params, _meta: { 'switchyard/key': key } } } as ServerRequest
    return sendRequest(request, ResultSchema).then((answer) => [key, answer])
  }

  return contextOf({
    signal,
    capabilities: declared,
    token: _meta?.progressToken,
    notify: (method, params) => void sendNotification({ method, params } as ServerNotification),
    log: (level, data) => void server.sendLoggingMessage({ level, logger: fixture.serverInfo.name, data }),
    async ask(questions) {
      const needed = Object.values(questions).map(({ method }) => capabilityFor[method] ?? method)
      const missing = needed.filter((capability) => !declared[capability])
      if (missing.length > 0) {
        const requiredCapabilities = Object.fromEntries(missing.map((capability) => [capability, {}]))
        throw new McpError(-32021, `the client has not declared ${missing.join(', ')}`, { requiredCapabilities })
      }
      return Object.fromEntries(await Promise.all(Object.entries(questions).map(put)))
    },
  })
}

server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: offered.tools().map((tool) => ({
    name: tool.name,
    description: tool.description,
    inputSchema: fixture.inputSchemaOf(tool) as { type: 'object' },
  })),
}))
server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
  const tool = offered.tools().find(({ name }) => name === params.name)
  if (!tool) throw new McpError(-32602, `there is no tool ${params.name}`)
  return runTool(tool, params.arguments ?? {}, contextFor(extra))
})
server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: offered.prompts().map(fixture.listedPrompt) }))
server.setRequestHandler(GetPromptRequestSchema, ({ params }, extra) => {
  const prompt = offered.prompts().find(({ name }) => name === params.name)
  if (!prompt) throw new McpError(-32602, `there is no prompt ${params.name}`)
  return getPrompt(prompt, params.arguments ?? {}, contextFor(extra))
})
server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: fixture.listedResources() }))
server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: fixture.listedTemplates() }))
server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }, extra) => {
  const found = fixture.findResource(uri)
  if (!found) throw new McpError(-32002, 'Resource not found', { uri })
  return readResource(found.resource, uri, found.variables, contextFor(extra))
})
server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
  const { resource } = fixture.findResource(uri) ?? {}
  if (!watched.has(uri) && resource?.watch) {
    watched.set(
      uri,
      resource.watch(uri, () => void server.sendResourceUpdated({ uri })),
    )
  }
  return {}
})
server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
  watched.get(uri)?.()
  watched.delete(uri)
  return {}
})
server.setRequestHandler(CompleteRequestSchema, ({ params }) => fixture.completionsOf(params.ref, params.argument))

await server.connect(new StdioServerTransport())
process.stdin.on('end', () => process.exit(0))
