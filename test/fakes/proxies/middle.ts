/** The middle generation (B): a URL can be registered once, heartbeats at /heartbeat. */
import { type FakeProxy, keyFor, startFakeProxy } from './proxy.ts'

export const startMiddle = (): Promise<FakeProxy> =>
  startFakeProxy({
    'POST /register'(body, servers) {
      if (!Array.isArray(body.capabilities) || typeof body.endpoints !== 'object' || typeof body.version !== 'string')
        return { status: 400, body: refusal('INVALID', 'version, capabilities and endpoints are required') }
      const [held] = [...servers].find(([, { server_url }]) => server_url === body.server_url) ?? []
      if (held) {
        const error = { code: 'DUPLICATE_SERVER_URL', message: 'exists', details: { existing_server_key: held } }
        return { status: 409, body: { success: false, error } }
      }
      const key = keyFor(servers, String(body.server_id))
      servers.set(key, body)
      return { body: { success: true, server_key: key } }
    },
    'POST /heartbeat'({ server_id, server_key, timestamp }, servers) {
      if (!server_id || !server_key || !timestamp)
        return { status: 400, body: refusal('INVALID', 'server_id, server_key and timestamp are required') }
      if (!servers.has(String(server_key))) return { status: 404, body: refusal('UNKNOWN', 'unknown server') }
      return { body: { success: true } }
    },
    'POST /unregister'({ server_key, server_id, copy_number }, servers) {
      return { body: { success: true, unregistered: servers.delete(String(server_key ?? `${server_id}_${copy_number}`)) } }
    },
  })

const refusal = (code: string, message: string) => ({ success: false, error: { code, message } })
