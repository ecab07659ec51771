/** The servers behind us in the era with sessions, on the SDK's first line: one for each connection. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
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
  RootsListChangedNotificationSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Json, Question } from '../../../app/call.ts'
import type { Context } from '../../../app/commands/command.ts'
import { contextOf } from '../../conformance/host.ts'
import {
  capabilities,
  completed,
  type Far,
  findTool,
  getPrompt,
  listedResources,
  listedTemplates,
  listedTools,
  nothingShared,
  prompts,
  question,
  readResource,
  type Shared,
} from './offer.ts'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

export interface Connection {
  readonly server: Server
  readonly far: Far
}

/** Servers for the connections of one server: what all of them share, and who they are. */
export function createFar(shared = nothingShared()): { readonly shared: Shared; connection(): Connection } {
  const open = new Map<Server, Set<string>>()
  return {
    shared,
    connection() {
      const subscribed = new Set<string>()
      const far: Far = {
        shared,
        memory: {},
        listChanged() {
          for (const server of open.keys()) void server.sendToolListChanged()
        },
        resourceChanged(uri) {
          for (const [server, uris] of open) if (uris.has(uri)) void server.sendResourceUpdated({ uri })
        },
        fail: (code, message, data) => new McpError(code, message, data),
      }
      const server = serverOf(far, subscribed)
      open.set(server, subscribed)
      server.onclose = () => void open.delete(server)
      return { server, far }
    },
  }
}

function serverOf(far: Far, subscribed: Set<string>): Server {
  const { shared } = far
  const { seen } = shared
  const server = new Server({ name: 'far', version: '1.0.0' }, { capabilities })
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listedTools(shared) as never[] }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = findTool(params.name)
    if (!tool) throw new McpError(-32602, `there is no tool ${params.name}`)
    seen.calls[params.name] = (seen.calls[params.name] ?? 0) + 1
    return tool.run({
      values: params.arguments ?? {},
      meta: { ...extra._meta },
      context: contextFor(server, extra),
      far,
      retract: () => retract(extra),
      insist: (message) =>
        server.request({ method: 'elicitation/create', params: { ...question, message } } as ServerRequest, ResultSchema),
    })
  })
  server.setRequestHandler(SetLevelRequestSchema, ({ params: { level } }) => {
    if (shared.deaf) throw new McpError(-32603, 'levels cannot be set here')
    seen.levels.push(level)
    return {}
  })
  server.setNotificationHandler(RootsListChangedNotificationSchema, () => void seen.moved++)
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: listedResources(shared) as never[] }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: listedTemplates(shared) as never[] }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => readResource(params.uri) as { contents: [] })
  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    if (uri.includes('forbidden')) throw new McpError(-32050, 'that is not for watching')
    subscribed.add(uri)
    return {}
  })
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    subscribed.delete(uri)
    return {}
  })
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: prompts as never[] }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => getPrompt(params.arguments) as { messages: [] })
  server.setRequestHandler(
    CompleteRequestSchema,
    ({ params }) => completed(params.ref, params.argument, params.context) as { completion: { values: [] } },
  )
  return server
}

function contextFor(server: Server, { signal, _meta, sendNotification, sendRequest }: Extra): Context {
  /** The key is for a gateway that has clients of 2026-07-28, who see it. */
  async function put([key, { method, params }]: [string, Question]): Promise<[string, Json]> {
    const request = { method, params: { ...params, _meta: { 'switchyard/key': key } } } as ServerRequest
    return [key, await sendRequest(request, ResultSchema, { timeout: 600_000 })]
  }

  return contextOf({
    signal,
    capabilities: { ...server.getClientCapabilities() },
    token: _meta?.progressToken,
    notify: (method, params) => void sendNotification({ method, params } as ServerNotification),
    log: (level, data) => void sendNotification({ method: 'notifications/message', params: { level, logger: 'far', data } }),
    ask: async (questions) => Object.fromEntries(await Promise.all(Object.entries(questions).map(put))),
  })
}

async function retract({ sendRequest }: Extra): Promise<string> {
  const leaving = new AbortController()
  const request = { method: 'elicitation/create', params: question } as ServerRequest
  const answer = sendRequest(request, ResultSchema, { signal: leaving.signal })
  setImmediate(() => leaving.abort('never mind'))
  return answer.then(
    () => 'answered',
    () => 'taken back',
  )
}
