/** A registered command adapter: its commands read by calling it back, and called over its /cmd. */
import { Agent, request } from 'undici'
import { type Allowance, guardedConnector } from '../addresses.ts'
import type { Call, Command, Json, Result } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { reasonOf } from '../reason.ts'
import { shown } from '../shown.ts'
import { clientName, originalName } from '../upstreams/offer.ts'

export interface Adapter {
  /** Throws where no catalogue can be read. */
  commands(): Promise<Command[]>
  /** Whether it says that it is there. */
  healthy(): Promise<boolean>
  close(): Promise<void>
}

export interface AdapterOptions {
  /** Stands in front of errors, and is the owner of its commands. */
  readonly name: string
  /** Without a slash at its end. */
  readonly url: string
  readonly prefix: string
  /** Milliseconds that one call may take. */
  readonly timeout: number
  readonly allow: Allowance
}

interface Described {
  readonly name: string
  readonly description: string
  readonly schema: Json
}

/** Bytes of one answer, commands of one server, and milliseconds for its lists and for its health. */
const mostRead = 8 * 1024 * 1024
const mostCommands = 1_000
const listPatience = 10_000
const healthPatience = 5_000

export function openAdapter({ name, url, prefix, timeout, allow }: AdapterOptions): Adapter {
  const dispatcher = new Agent({ connect: guardedConnector(allow) })

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal,
    body?: Json,
  ): Promise<{ status: number; text: string }> {
    const answer = await request(url + path, {
      method,
      headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
      signal,
      dispatcher,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    })
    let text = ''
    for await (const chunk of answer.body.setEncoding('utf8')) {
      text += chunk
      if (text.length > mostRead) throw new Failure('upstream_failed', `${name}: the answer is larger than ${mostRead} bytes`)
    }
    return { status: answer.statusCode, text }
  }

  async function read(method: 'GET' | 'POST', path: string, body?: Json): Promise<unknown> {
    const { status, text } = await ask(method, path, AbortSignal.timeout(listPatience), body)
    if (status !== 200) throw new Error(`${method} ${path} answers HTTP ${status}`)
    return JSON.parse(text)
  }

  /** In the order of what is cheapest to read; each generation has some of them. */
  const sources: (() => Promise<Described[]>)[] = [
    async () => inList(await read('GET', '/api/commands')),
    async () => inList(await read('GET', '/commands')),
    async () => inHelp(await read('POST', '/cmd', { jsonrpc: '2.0', method: 'help', params: {}, id: 1 })),
    async () => inDocument(await read('GET', '/openapi.json')),
  ]

  async function catalogue(): Promise<Described[]> {
    const reasons: string[] = []
    for (const source of sources) {
      try {
        const found = await source()
        if (found.length > 0) return found.slice(0, mostCommands)
        reasons.push('no commands')
      } catch (error) {
        reasons.push(reasonOf(error))
      }
    }
    throw new Failure('upstream_failed', `${name} tells no commands: ${[...new Set(reasons)].join('; ')}`)
  }

  async function post(body: Json, call: Call): Promise<{ status: number; reply: unknown }> {
    try {
      const { status, text } = await ask('POST', '/cmd', call.signal, body)
      return { status, reply: parsed(text) }
    } catch (error) {
      if (call.cancel.aborted) throw call.signal.reason
      if (error instanceof Failure) throw error
      throw new Failure('upstream_away', `${name} cannot be reached: ${reasonOf(error)}`, { cause: error })
    }
  }

  async function run(command: string, call: Call): Promise<Result> {
    const first = await post({ jsonrpc: '2.0', method: command, params: call.arguments, id: 1 }, call)
    // Nothing was run where the form itself was refused.
    const { status, reply } = isRefusedForm(first) ? await post({ command, params: call.arguments }, call) : first
    if (!isObject(reply)) throw new Failure('upstream_failed', `${name} answers HTTP ${status} without a JSON object`)
    return resultOf(reply, name)
  }

  function toCommand({ name: own, description, schema }: Described): Command {
    const tool = clientName(prefix + own)
    const meta = tool === own ? {} : { _meta: { [originalName]: own } }
    const definition = { name: tool, description, inputSchema: { ...schema, type: 'object' }, ...meta }
    return { kind: 'tool', name: tool, owner: name, scope: 'call', definition, timeout, run: (call) => run(own, call) }
  }

  return {
    commands: async () => (await catalogue()).map(toCommand),
    async healthy() {
      try {
        return (await ask('GET', '/health', AbortSignal.timeout(healthPatience))).status === 200
      } catch {
        return false // whatever kept it from answering, it is not there
      }
    },
    close: () => dispatcher.destroy(),
  }
}

const isRefusedForm = ({ status, reply }: { status: number; reply: unknown }): boolean =>
  status === 400 || status === 422
    ? !isObject(reply) || !isObject(reply.error) || Number(reply.error.code) === -32600
    : isObject(reply) && isObject(reply.error) && Number(reply.error.code) === -32600

/** Both generations of envelopes, `{success, data}` or the bare result, inside of `result`; an error is one in the result, too. */
function resultOf(reply: Json, name: string): Result {
  if (reply.error !== undefined && reply.error !== null) return refusal(reply.error, name)
  const result = reply.result ?? reply
  if (isObject(result) && result.success === false) return refusal(result.error ?? result.message, name)
  return success(isObject(result) && result.success === true && 'data' in result ? result.data : result)
}

function success(value: unknown): Result {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  return { content: [{ type: 'text', text }], ...(isObject(value) ? { structuredContent: value } : {}) }
}

/** A code may be a number or a word. */
function refusal(error: unknown, name: string): Result {
  const { code, message } = isObject(error) ? error : { code: undefined, message: error }
  const words = typeof message === 'string' && message !== '' ? message : 'the command failed and does not say why'
  const told = code === undefined ? words : `${words} (${shown(String(code), 60)})`
  return { isError: true, content: [{ type: 'text', text: `${name}: ${told}` }] }
}

function inList(value: unknown): Described[] {
  const commands = isObject(value) ? (value.commands ?? value) : value
  if (Array.isArray(commands))
    return commands.flatMap((each) => described(isObject(each) ? String(each.name ?? '') : String(each), each))
  return isObject(commands) ? Object.entries(commands).flatMap(([name, each]) => described(name, each)) : []
}

function inHelp(value: unknown): Described[] {
  const result = isObject(value) ? value.result : undefined
  const data = isObject(result) ? (result.data ?? result) : undefined
  return isObject(data) ? inList({ commands: data.commands ?? {} }) : []
}

/** `/cmd` of an OpenAPI document: one request schema a command, told apart by the value of `command`. */
function inDocument(value: unknown): Described[] {
  const components = isObject(value) && isObject(value.components) ? value.components.schemas : undefined
  if (!isObject(components)) return []
  return Object.entries(components).flatMap(([key, schema]) => {
    const name = /^CommandRequest_(.+)$/.exec(key)?.[1]
    if (name === undefined || !isObject(schema)) return []
    const properties = isObject(schema.properties) ? schema.properties : {}
    const params = resolved(properties.params, components)
    const asked = isObject(properties.command) && Array.isArray(properties.command.enum) ? properties.command.enum[0] : name
    return described(String(asked), { description: schema.description, schema: params })
  })
}

function resolved(schema: unknown, components: Json): unknown {
  const reference = isObject(schema) && typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
  return reference === undefined ? schema : components[reference]
}

function described(name: string, entry: unknown): Described[] {
  if (name === '' || name.length > 200) return []
  const { description, schema, summary, params } = isObject(entry) ? entry : {}
  const text = [description, summary].find((each) => typeof each === 'string') ?? ''
  return [
    {
      name,
      description: String(text).slice(0, 4_000),
      schema: isObject(schema) ? schema : isObject(params) ? { properties: params } : {},
    },
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
