/** A small command adapter over real HTTP: its lists and its /cmd in the forms that a generation has, and nothing that it has not. */
import type { Json } from '../../app/call.ts'
import { type RawHttp, type Reply, startRawHttp } from './raw-http.ts'

export interface AdapterSpec {
  /** Where it tells its commands. */
  readonly lists?: '/api/commands' | '/commands' | 'help' | '/openapi.json'
  /** It takes only `{command, params}`. */
  readonly simple?: boolean
  /** Its results stand bare in `result`. */
  readonly bare?: boolean
}

export interface FakeAdapter extends RawHttp {
  /** What it has; may be changed. */
  commands: string[]
  /** What GET /health answers with. */
  health: number
}

const schema = { type: 'object', properties: { message: { type: 'string' } } }

export async function startAdapter({
  lists = '/api/commands',
  simple = false,
  bare = false,
}: AdapterSpec = {}): Promise<FakeAdapter> {
  const state = { commands: ['echo', 'refuse'], health: 200 }
  const described = () => state.commands.map((name) => ({ name, description: `Does ${name}`, schema }))
  const byName = () => Object.fromEntries(described().map((one) => [one.name, one]))
  const openapi = () => ({
    components: {
      schemas: {
        CommandRequest: { oneOf: described().map(({ name }) => ({ $ref: `#/components/schemas/CommandRequest_${name}` })) },
        ...Object.fromEntries(
          described().flatMap(({ name, description }) => [
            [
              `CommandRequest_${name}`,
              {
                description,
                properties: {
                  command: { type: 'string', enum: [name] },
                  params: { $ref: `#/components/schemas/Params_${name}` },
                },
              },
            ],
            [`Params_${name}`, schema],
          ]),
        ),
      },
    },
  })

  function run(name: unknown, params: Json): Json {
    if (name === 'help' && lists === 'help') return wrapped({ commands: byName() })
    if (!state.commands.includes(String(name))) return { error: { code: -32601, message: `unknown command ${name}` } }
    if (name === 'refuse') return { result: { success: false, error: { code: 'E_NO', message: 'not today', data: {} } } }
    return wrapped({ name, ...params })
  }
  const wrapped = (data: Json): Json => ({ result: bare ? data : { success: true, data } })

  function cmd(body: Json, reply: Reply): void {
    const isRpc = body.jsonrpc === '2.0'
    if (isRpc && simple) return reply.json({ detail: [{ loc: ['body', 'command'], msg: 'field required' }] }, 422)
    const answer = run(isRpc ? body.method : body.command, (body.params ?? {}) as Json)
    reply.json(isRpc ? { jsonrpc: '2.0', ...answer, id: body.id } : answer)
  }

  const http = await startRawHttp(({ method, path, message }, reply) => {
    if (method === 'GET' && path === '/health') return reply.json({ status: 'ok' }, state.health)
    if (method === 'POST' && path === '/cmd') return cmd(message, reply)
    if (method === 'GET' && path === lists) {
      if (path === '/openapi.json') return reply.json(openapi())
      return reply.json({ commands: path === '/commands' ? described() : byName() })
    }
    reply.json({ detail: 'Not Found' }, 404)
  })
  return Object.assign(state, http)
}
