/**
 * The current generation (C): wants a UUID at the root, calls back at once, and reads the commands from /openapi.json, where every type must be one
 * text. Heartbeats are registrations.
 */
import { isObject } from '../../../app/is-object.ts'
import { type Answer, type FakeProxy, keyFor, type Route, startFakeProxy } from './proxy.ts'

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export interface CurrentOptions {
  /** Where it looks for the UUID. */
  readonly uuidAt?: 'root' | 'metadata'
  /** A second registration is refused, in words. */
  readonly strict?: boolean
}

export function startCurrent({ uuidAt = 'root', strict = false }: CurrentOptions = {}): Promise<FakeProxy> {
  const register: Route = async (body, servers) => {
    const { metadata, server_id, server_url } = body
    const uuid = uuidAt === 'root' ? body.uuid : isObject(metadata) ? metadata.uuid : undefined
    if (typeof uuid !== 'string' || !uuid4.test(uuid)) return { status: 422, body: { detail: 'uuid (version 4) is required' } }
    const [held] = [...servers].find(([, server]) => server.server_url === server_url) ?? []
    if (held && strict) return { status: 400, body: { error: `${server_url} is already registered as ${held}.` } }
    const refusal = held ? undefined : await lookAt(String(server_url))
    if (refusal) return { status: 400, body: { error: refusal } }
    const key = held ?? keyFor(servers, String(server_id))
    servers.set(key, body)
    return { body: { success: true, server_key: key } }
  }
  return startFakeProxy({
    'POST /register': register,
    async 'POST /proxy/heartbeat'(body, servers): Promise<Answer> {
      if (typeof body.timestamp !== 'string') return { status: 422, body: { detail: 'timestamp is required' } }
      return register(body, servers, new URLSearchParams())
    },
    'POST /unregister'({ server_id, capabilities, metadata }, servers) {
      if (!Array.isArray(capabilities) || !isObject(metadata))
        return { status: 422, body: { detail: 'capabilities and metadata are required' } }
      const keys = [...servers.keys()].filter((key) => key.replace(/_\d+$/, '') === server_id)
      for (const key of keys) servers.delete(key)
      return { body: { success: true } }
    },
  })
}

/** What it would refuse a server for. */
async function lookAt(url: string): Promise<string | undefined> {
  const health = await fetch(`${url}/health`)
  if (!health.ok) return `health of ${url} answers ${health.status}`
  const document: unknown = await (await fetch(`${url}/openapi.json`)).json()
  if (hasTypeList(document)) return 'openapi.json: unhashable type: list'
  const schemas = isObject(document) && isObject(document.components) ? document.components.schemas : undefined
  const request = isObject(schemas) ? schemas.CommandRequest : undefined
  const commands = isObject(request) && Array.isArray(request.oneOf) ? request.oneOf : []
  return commands.length > 0 ? undefined : `${url} returned no commands via get_methods()`
}

const hasTypeList = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(hasTypeList)
    : isObject(value) && (Array.isArray(value.type) || Object.values(value).some(hasTypeList))
