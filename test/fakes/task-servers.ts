/** Servers that run their tools as tasks: one of the era with sessions, on the official SDK, and one of 2026-07-28, by hand. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InMemoryTaskMessageQueue, InMemoryTaskStore } from '@modelcontextprotocol/sdk/experimental/tasks'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js'
import { CallToolRequestSchema, ElicitResultSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import type { Json } from '../../app/call.ts'

export interface TaskServer {
  readonly url: string
  /** How each task is doing, in the order in which they were begun. */
  statuses(): Promise<string[]>
  stop(): Promise<void>
}

const tool = (name: string) => ({ name, description: name, inputSchema: { type: 'object' as const } })
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })

/**
 * Tools of the era with sessions, tasks all of them: `ask` asks for a name; `steps` tells of its progress and is done when it is asked to;
 * `never` is never done.
 */
export async function startSessionTasks(): Promise<TaskServer & { finish(): void }> {
  const taskStore = new InMemoryTaskStore()
  const begun: string[] = []
  let finish!: () => void
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const capabilities = { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } }
  const server = new Server(
    { name: 'tasks', version: '1' },
    { capabilities, taskStore, taskMessageQueue: new InMemoryTaskMessageQueue() },
  )
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: ['ask', 'steps', 'never'].map((name) => ({ ...tool(name), execution: { taskSupport: 'required' as const } })),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const task = await extra.taskStore!.createTask({ ttl: extra.taskRequestedTtl ?? null, pollInterval: 20 })
    const { taskId } = task
    begun.push(taskId)
    const complete = (value: string) => taskStore.storeTaskResult(taskId, 'completed', text(value))
    async function ask(): Promise<void> {
      const question = { message: 'Who?', requestedSchema: { type: 'object' as const, properties: {} } }
      const related: RequestOptions = { relatedTask: { taskId } }
      const { content } = await extra.sendRequest({ method: 'elicitation/create', params: question }, ElicitResultSchema, related)
      await complete(`Hello ${String(content?.name)}`)
    }
    async function steps(): Promise<void> {
      // After the answer to the call: on the stream of the session, under the token of the call.
      await finished
      const progressToken = params._meta?.progressToken ?? 0
      await server.notification({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
      await complete('stepped')
    }
    if (params.name === 'ask') void ask()
    if (params.name === 'steps') void steps()
    return { task }
  })
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => 'one' })
  // The SDK's own types disagree about optional members here.
  await server.connect(transport as Parameters<Server['connect']>[0])
  const http = createServer((request, response) => void transport.handleRequest(request, response))
  const url = await listen(http)
  return {
    url,
    finish,
    statuses: () => Promise.all(begun.map(async (id) => (await taskStore.getTask(id))?.status ?? 'gone')),
    async stop() {
      await server.close()
      taskStore.cleanup()
      await closed(http)
    },
  }
}

interface Begun extends Json {
  status: string
}

/**
 * Tools of 2026-07-28, tasks all of them, for clients that declare the extension only: `ask` asks for a name, `fail` ends with an error,
 * `never` is never done.
 */
export async function startModernTasks(): Promise<TaskServer> {
  const tasks = new Map<string, Begun>()
  const extensions = { 'io.modelcontextprotocol/tasks': {} }

  const methods: Record<string, (params: Json) => Json> = {
    'server/discover': () => ({ supportedVersions: ['2026-07-28'], capabilities: { tools: {}, extensions } }),
    'tools/list': () => ({ tools: ['ask', 'fail', 'never'].map(tool), ttlMs: 0, cacheScope: 'private' }),
    'tools/call': ({ name, _meta }) => {
      const abilities = (_meta as Json)['io.modelcontextprotocol/clientCapabilities'] as Json
      if (!(abilities.extensions as Json | undefined)?.['io.modelcontextprotocol/tasks']) throw lacks
      const now = new Date().toISOString()
      const taskId = `${String(name)}-${tasks.size}`
      const task = { taskId, status: 'working', createdAt: now, lastUpdatedAt: now, ttlMs: null, pollIntervalMs: 100 }
      tasks.set(taskId, { ...task, ...states[String(name)] })
      return { resultType: 'task', ...task }
    },
    'tasks/get': ({ taskId }) => ({ ...tasks.get(String(taskId)) }),
    'tasks/cancel': ({ taskId }) => {
      tasks.get(String(taskId))!.status = 'cancelled'
      return {}
    },
    'tasks/update': ({ taskId, inputResponses }) => {
      const { who } = inputResponses as Record<string, { content: Json }>
      const result = { resultType: 'complete', ...text(`Hello ${String(who?.content.name)}`) }
      tasks.set(String(taskId), { ...tasks.get(String(taskId)), status: 'completed', inputRequests: undefined, result })
      return {}
    },
  }
  const http = createServer(async (request, response) => {
    const { id, method, params } = await read(request)
    let answer: Json
    try {
      const handler = methods[String(method)]
      answer = handler
        ? { result: { resultType: 'complete', ...handler(params as Json) } }
        : { error: { code: -32601, message: 'unknown' } }
    } catch (error) {
      answer = { error }
    }
    response.writeHead(answer.error ? 400 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  })
  const url = await listen(http)
  return { url, statuses: async () => [...tasks.values()].map(({ status }) => status), stop: () => closed(http) }
}

const lacks = {
  code: -32021,
  message: 'tasks only',
  data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } },
}

const who = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } } }
/** What becomes of a task at once. */
const states: Record<string, Begun> = {
  ask: { status: 'input_required', inputRequests: { who } },
  fail: { status: 'failed', error: { code: -32603, message: 'it went wrong' } },
}

async function read(request: IncomingMessage): Promise<Json> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body ? (JSON.parse(body) as Json) : {}
}

async function listen(http: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
}

async function closed(http: ReturnType<typeof createServer>): Promise<void> {
  const ended = new Promise((resolve) => http.close(resolve))
  http.closeAllConnections()
  await ended
}
