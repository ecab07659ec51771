/** The servers behind us that speak 2026-07-28, on the SDK's second line. */

import { randomBytes } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequests,
  inputRequired,
  ProtocolError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Json, Questions } from '../../../app/call.ts'
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
  prompts,
  readResource,
  type Shared,
} from './offer.ts'

type Answers = Record<string, Json>
const codec = createRequestStateCodec<Answers>({ key: randomBytes(32), bind: ({ mcpReq }) => mcpReq.method })

class Unanswered extends Error {
  readonly questions: Questions
  constructor(questions: Questions) {
    super('the client has to answer first')
    this.questions = questions
  }
}

/** @param tell how this server says that something changed: over HTTP there is one of it for each request */
export function farServer(
  shared: Shared,
  memory: Far['memory'],
  tell: (server: Server) => Pick<Far, 'listChanged' | 'resourceChanged'>,
): Server {
  const server = new Server({ name: 'far', version: '2.0.0' }, { capabilities, requestState: { verify: codec.verify } })
  const { seen } = shared
  const far: Far = { shared, memory, fail: (code, message, data) => new ProtocolError(code, message, data), ...tell(server) }

  server.setRequestHandler('tools/list', () => ({ tools: listedTools(shared) as never[] }))
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const tool = findTool(params.name)
    if (!tool) throw new ProtocolError(-32602, `there is no tool ${params.name}`)
    seen.calls[params.name] = (seen.calls[params.name] ?? 0) + 1
    const answers: Answers = { ...ctx.mcpReq.requestState<Answers>(), ...(ctx.mcpReq.inputResponses as Answers | undefined) }
    try {
      const context = contextFor(ctx, answers)
      const call = { values: params.arguments ?? {}, meta: { ...ctx.mcpReq._meta }, context, far, retract: never, insist: never }
      return (await tool.run(call)) as { content: [] }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      return inputRequired({
        inputRequests: error.questions as InputRequests,
        requestState: await codec.mint(answers, ctx),
      })
    }
  })
  server.setRequestHandler('resources/list', () => ({ resources: listedResources(shared) as never[] }))
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: listedTemplates(shared) as never[] }))
  server.setRequestHandler('resources/read', ({ params }) => readResource(params.uri) as { contents: [] })
  server.setRequestHandler('prompts/list', () => ({ prompts: prompts as never[] }))
  server.setRequestHandler('prompts/get', ({ params }) => getPrompt(params.arguments) as { messages: [] })
  server.setRequestHandler(
    'completion/complete',
    ({ params }) => completed(params.ref, params.argument, params.context) as { completion: { values: [] } },
  )
  return server
}

const never = () => Promise.reject(new Error('this era has no such thing'))

function contextFor({ mcpReq }: ServerContext, answers: Answers) {
  return contextOf({
    signal: mcpReq.signal,
    capabilities: { ...((mcpReq.envelope as Json | undefined)?.[CLIENT_CAPABILITIES_META_KEY] as Json | undefined) },
    token: mcpReq._meta?.progressToken,
    notify: (method, params) => void mcpReq.notify({ method, params }),
    log: (level, message) => void mcpReq.log(level, message),
    async ask(questions) {
      const open = Object.entries(questions).filter(([key]) => answers[key] === undefined)
      if (open.length > 0) throw new Unanswered(Object.fromEntries(open))
      return Object.fromEntries(Object.keys(questions).map((key) => [key, answers[key]!]))
    },
  })
}
