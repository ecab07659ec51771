/** The fixture as a server of 2026-07-28 over HTTP, on the SDK's second line. Clients of the session era are sent away. */
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import {
  type CallToolResult,
  createMcpHandler,
  fromJsonSchema,
  type GetPromptResult,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  McpServer,
  originValidationResponse,
  ProtocolError,
  type ReadResourceResult,
  ResourceNotFoundError,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Json } from '../../app/call.ts'
import type { Context } from '../../app/commands/command.ts'
import * as fixture from './fixture.ts'
import { getPrompt, readResource, runTool } from './host.ts'
import { inRounds, stateCodec } from './rounds.ts'

export interface NewServer {
  /** With the path. */
  readonly url: string
  stop(): Promise<void>
}

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true },
  completions: {},
  logging: {},
}

/** Listens on a free port. */
export async function startNewServer(): Promise<NewServer> {
  const offered = fixture.createFixture((kind) =>
    kind === 'tools' ? handler.notify.toolsChanged() : handler.notify.promptsChanged(),
  )
  const handler = createMcpHandler(() => serverOf(offered), { legacy: 'reject' })
  const unwatch = fixture.watchAll((uri) => handler.notify.resourceUpdated(uri))
  const fetch = (request: Request) =>
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
    originValidationResponse(request, localhostAllowedOrigins()) ??
    handler.fetch(request)
  const http = createAdaptorServer({ fetch })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    async stop() {
      unwatch()
      await handler.close()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** One for each request: that is how the SDK serves this revision. */
function serverOf(offered: fixture.Fixture): McpServer {
  const mcp = new McpServer(fixture.serverInfo, { capabilities, requestState: { verify: stateCodec.verify } })
  const inRoundsOf = <T>(ctx: ServerContext, run: (context: Context) => T | Promise<T>) =>
    inRounds(ctx, run, (answers) => stateCodec.mint(answers, ctx))

  for (const tool of offered.tools()) {
    const inputSchema = fromJsonSchema<Json>(fixture.inputSchemaOf(tool))
    mcp.registerTool(tool.name, { description: tool.description, inputSchema }, (input, ctx) =>
      inRoundsOf(ctx, async (context) => (await runTool(tool, input, context)) as CallToolResult),
    )
  }

  // What the SDK's helpers for prompts and resources know of schemas and templates is less than what the files say.
  const { server } = mcp
  server.setRequestHandler('prompts/list', () => ({ prompts: offered.prompts().map(fixture.listedPrompt) }))
  server.setRequestHandler('prompts/get', ({ params }, ctx) => {
    const prompt = offered.prompts().find(({ name }) => name === params.name)
    if (!prompt) throw new ProtocolError(-32602, `there is no prompt ${params.name}`)
    return inRoundsOf(ctx, async (context) => (await getPrompt(prompt, params.arguments ?? {}, context)) as GetPromptResult)
  })
  server.setRequestHandler('resources/list', () => ({ resources: fixture.listedResources() }))
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: fixture.listedTemplates() }))
  server.setRequestHandler('resources/read', ({ params: { uri } }, ctx) => {
    const found = fixture.findResource(uri)
    if (!found) throw new ResourceNotFoundError(uri)
    return inRoundsOf(
      ctx,
      async (context) => (await readResource(found.resource, uri, found.variables, context)) as ReadResourceResult,
    )
  })
  server.setRequestHandler('completion/complete', ({ params }) => fixture.completionsOf(params.ref, params.argument))
  return mcp
}
