/** Services whose commands are called on `/cmd`, in three generations. Each refuses what the real one refuses. */
import type { ServerResponse } from 'node:http'
import { type HostileService, json, type Seen, startHostile } from './hostile-service.ts'

type Params = Record<string, unknown>

export interface FakeCommand {
  readonly description: string
  readonly schema: { type: 'object'; properties: Record<string, Params>; required?: string[]; [more: string]: unknown }
  /** What stands in `data`, or in `result` of the registry generation. Throws Refused for a failure of the command. */
  run(params: Params): unknown
}

/** A command that failed. */
export class Refused extends Error {
  readonly code: number | string
  readonly data: Params
  constructor(message: string, code: number | string = -32000, data: Params = {}) {
    super(message)
    this.code = code
    this.data = data
  }
}

/**
 * `4`: mcp_proxy_adapter 4.x, lists at /api/commands; `6`: 6.x, at /commands; `registry`: raw results, and only the command `help`;
 * `simple`: knows the simple form alone, and describes itself by OpenAPI.
 */
export type Generation = '4' | '6' | 'registry' | 'simple'

export interface CmdService extends HostileService {
  commands: Record<string, FakeCommand>
  /** Takes the place of a list's commands, broken ones for example. */
  listed: unknown
  /** Bodies of `/cmd` so far. */
  asked(): Params[]
}

const text = { type: 'string' }

export const usualCommands: Record<string, FakeCommand> = {
  echo: {
    description: 'Says it again.',
    schema: {
      type: 'object',
      properties: { message: { ...text, description: 'what' }, loud: { type: 'boolean', nullable: true } },
      required: ['message'],
    },
    run: ({ message }) => ({ message }),
  },
  sum_values: {
    description: 'Adds.',
    schema: { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' } }, required: ['a', 'b'] },
    run: ({ a, b }) => Number(a) + Number(b),
  },
  fail: {
    description: 'Fails.',
    schema: { type: 'object', properties: { code: {} } },
    run({ code }) {
      throw new Refused('the warehouse is closed', (code as string) ?? -32000, { opens: '08:00' })
    },
  },
}

export async function startCmdService(generation: Generation, { port }: { port?: number } = {}): Promise<CmdService> {
  const server = await startHostile({ port })
  const asked: Params[] = []
  const service: CmdService = { ...server, commands: usualCommands, listed: undefined, asked: () => asked }

  const all = () =>
    service.listed ??
    Object.fromEntries(
      Object.entries(service.commands).map(([name, { description, schema }]) => [name, { name, description, schema }]),
    )

  async function run(name: string, given: Params): Promise<{ error: Params } | { value: unknown }> {
    if (name === 'help' && generation !== 'simple') {
      return { value: { tool_info: { name: 'fake', version: '1.2' }, help_usage: '', commands: all() } }
    }
    const command = service.commands[name]
    if (!command) return { error: { code: -32601, message: `Method not found: ${name}` } }
    const params = Object.fromEntries(
      Object.entries(given).filter(([, value]) => ![null, 'null', 'none', ''].includes(value as null)),
    )
    const { properties, required = [] } = command.schema
    const unknown = Object.keys(params).filter((each) => !(each in properties))
    if (unknown.length)
      return { error: { code: -32602, message: `Invalid parameters: ${unknown.join(', ')}`, data: { unknown } } }
    const missing = required.filter((each) => !(each in params))
    if (missing.length)
      return { error: { code: -32602, message: `Missing required parameters: ${missing.join(', ')}`, data: { missing } } }
    try {
      return { value: await command.run(params) }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { code, message, data } = error
      if (generation === 'registry') return { error: { code, message, data } }
      return { value: { success: false, error: { code, message, data } } }
    }
  }

  function wrapped(value: unknown): unknown {
    const isWhole = generation === 'registry' || (typeof value === 'object' && value !== null && 'success' in value)
    return isWhole ? value : { success: true, data: value }
  }

  async function one(body: unknown): Promise<{ status: number; value: Params }> {
    const request = (typeof body === 'object' && body !== null ? body : {}) as Params
    asked.push(request)
    const invalid = (message: string, status: number) => ({
      status,
      value: { jsonrpc: '2.0', error: { code: -32600, message }, id: null },
    })
    if ('command' in request && generation !== 'registry') {
      const outcome = await run(String(request.command), (request.params ?? {}) as Params)
      return { status: 200, value: 'error' in outcome ? { error: outcome.error } : { result: wrapped(outcome.value) } }
    }
    if (generation === 'simple') {
      return {
        status: 422,
        value: { detail: [{ loc: ['body', 'command'], msg: 'field required', type: 'value_error.missing' }] },
      }
    }
    if (request.jsonrpc !== '2.0') return invalid('jsonrpc must be "2.0"', generation === '6' ? 400 : 200)
    if (typeof request.method !== 'string') return invalid('method must be a string', generation === '6' ? 400 : 200)
    const outcome = await run(request.method, (request.params ?? {}) as Params)
    const id = request.id ?? 1
    if ('value' in outcome) return { status: 200, value: { jsonrpc: '2.0', result: wrapped(outcome.value), id } }
    return { status: generation === '6' ? 400 : 200, value: { jsonrpc: '2.0', error: outcome.error, id } }
  }

  async function cmd(seen: Seen, response: ServerResponse): Promise<void> {
    let body: unknown
    try {
      body = JSON.parse(seen.body)
    } catch {
      return json(response, { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null }, 400)
    }
    if (Array.isArray(body)) {
      if (!body.length) return json(response, { jsonrpc: '2.0', error: { code: -32600, message: 'empty batch' }, id: null }, 400)
      return json(
        response,
        (await Promise.all(body.map(one))).map(({ value }) => value),
      )
    }
    const { status, value } = await one(body)
    json(response, value, status)
  }

  function openapi(): Params {
    const names = Object.keys(service.commands)
    const requests = names.map((name) => {
      const { description, schema } = service.commands[name]!
      const properties = { command: { type: 'string', enum: [name] }, params: { $ref: `#/components/schemas/Params_${name}` } }
      return [
        [`CommandRequest_${name}`, { type: 'object', description, properties, required: ['command'] }],
        [`Params_${name}`, schema],
      ]
    })
    const mapping = Object.fromEntries(names.map((name) => [name, `#/components/schemas/CommandRequest_${name}`]))
    const oneOf = Object.values(mapping).map(($ref) => ({ $ref }))
    const schemas = {
      ...Object.fromEntries(requests.flat()),
      CommandRequest: { oneOf, discriminator: { propertyName: 'command', mapping } },
    }
    return { openapi: '3.0.2', info: { title: 'simple', version: '0.1' }, paths: {}, components: { schemas } }
  }

  server.answer((seen, response) => {
    const at = `${seen.method} ${seen.path}`
    if (at === 'POST /cmd') return void cmd(seen, response)
    if (at === 'GET /health' && generation !== 'registry') return json(response, { status: 'ok', version: '4.0' })
    if (at === 'GET /api/commands' && generation === '4') return json(response, { commands: all() })
    if (at === 'GET /commands' && generation === '6') return json(response, { commands: all() })
    if (at === 'GET /openapi.json' && generation === 'simple') return json(response, openapi())
    json(response, { detail: 'Not Found' }, 404)
  })
  return service
}
