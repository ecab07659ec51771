/** Clients that come back for their tasks: the official one for sessions, and one by hand for 2026-07-28, over HTTP or a child's stdio. */
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { type ClientRequest, ElicitRequestSchema, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { onTestFinished } from 'vitest'
import type { Json } from '../../app/call.ts'
import type { TestProcess } from '../start.ts'
import { until } from '../until.ts'
import { type Message, messageOf, post } from './wire.ts'

/** What a task is in 2026-07-28. */
export interface ModernTask extends Json {
  taskId: string
  status: string
  inputRequests?: Record<string, { method: string; params: Json }>
  result?: Json & { content: { text: string }[]; isError?: boolean }
  error?: { code: number; message: string; data: Json }
}

const version = '2026-07-28'
const extension = 'io.modelcontextprotocol/tasks'
/** Knows tasks, and can be asked. */
export const able: Json = { elicitation: {}, extensions: { [extension]: {} } }

const namedBy: Record<string, string> = {
  'tools/call': 'name',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/** A client of 2026-07-28. */
export class Modern {
  private readonly send: (message: Json) => Promise<Message>
  private readonly abilities: Json
  private asked = 0

  constructor(send: (message: Json) => Promise<Message>, abilities: Json = able) {
    this.send = send
    this.abilities = abilities
  }

  /** The whole answer. */
  ask(method: string, params: Json = {}): Promise<Message> {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'by hand', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': this.abilities,
    }
    return this.send({ jsonrpc: '2.0', id: ++this.asked, method, params: { ...params, _meta } })
  }

  /** The result. */
  async result(method: string, params: Json = {}): Promise<Json> {
    const { result, error } = await this.ask(method, params)
    if (!result) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }

  /** Calls a tool that becomes a task. */
  async begin(name: string, values: Json = {}, more: Json = {}): Promise<ModernTask> {
    const created = (await this.result('tools/call', { name, arguments: values, ...more })) as ModernTask
    if (created.resultType !== 'task') throw new Error(`this is no task: ${JSON.stringify(created)}`)
    return created
  }

  get = async (taskId: string) => (await this.result('tasks/get', { taskId })) as ModernTask

  /** Waits until the task is so. */
  async becomes(taskId: string, status: string): Promise<ModernTask> {
    await until(`the task is ${status}`, async () => (await this.get(taskId)).status === status)
    return this.get(taskId)
  }
}

/** @param url of the port, without a path @param headers such as a credential */
export function modernOver(url: string, abilities?: Json, headers: Record<string, string> = {}): Modern {
  return new Modern(async (message) => {
    const method = String(message.method)
    const name = (message.params as Json)[namedBy[method] ?? '']
    const own = {
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    }
    return messageOf(await post(`${url}/mcp`, message, { ...own, ...headers }))
  }, abilities)
}

/** On the streams of a child that is running already. */
export function modernOn({ child }: TestProcess): Modern {
  const answers = new Map<unknown, (message: Message) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message
    answers.get(message.id)?.(message)
  })
  return new Modern(
    (message) =>
      new Promise((resolve) => {
        answers.set(message.id, resolve)
        child.stdin.write(`${JSON.stringify(message)}\n`)
      }),
  )
}

export interface SessionClient extends Client {
  /** What it was asked, with everything that came with it. */
  readonly questions: Json[]
  /** Says what to answer from now on. */
  answer(name: string): void
}

/** A client with a session that can be asked for a name; it answers when it has been told what. */
export function sessionClient(): SessionClient {
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: { elicitation: { form: {} } } })
  const questions: Json[] = []
  let given: string | undefined
  client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }) => {
    questions.push(params)
    await until('an answer is given', () => given !== undefined || signal.aborted)
    return { action: 'accept', content: { name: String(given) } }
  })
  function answer(name: string): void {
    given = name
  }
  return Object.assign(client, { questions, answer })
}

/** Over Streamable HTTP. @param url of the port, without a path */
export async function sessionOver(url: string, headers: Record<string, string> = {}): Promise<SessionClient> {
  const client = sessionClient()
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }))
  onTestFinished(() => client.close())
  return client
}

/** As it comes: the SDK's own methods would read and check it first. */
export const raw = (client: Client, method: string, params: Json = {}): Promise<Json> =>
  client.request({ method, params } as ClientRequest, ResultSchema) as Promise<Json>

/** What a task is in 2025-11-25. */
export interface SessionTask extends Json {
  taskId: string
  status: string
  ttl: number
}

/** Calls a tool as a task. */
export async function begin(client: Client, name: string, values: Json = {}, task: Json = {}): Promise<SessionTask> {
  return (await raw(client, 'tools/call', { name, arguments: values, task })).task as SessionTask
}

export const getTask = async (client: Client, taskId: string) => (await raw(client, 'tasks/get', { taskId })) as SessionTask

/** Waits until the task is so. */
export const becomes = (client: Client, taskId: string, status: string): Promise<void> =>
  until(`the task is ${status}`, async () => (await getTask(client, taskId)).status === status)
