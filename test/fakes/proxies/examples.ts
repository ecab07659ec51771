/** The two example proxies that come with command adapters: the local one gives an adapter_id, the test one repeats the server's id. */
import { type FakeProxy, startFakeProxy } from './proxy.ts'

export const startLocalExample = (): Promise<FakeProxy> =>
  startFakeProxy({
    'POST /register'(body, servers) {
      const id = `adapter-${servers.size + 1}`
      servers.set(id, body)
      return { body: { status: 'registered', adapter_id: id, success: true } }
    },
    'POST /unregister'(_body, servers, query) {
      const id = query.get('adapter_id')
      if (id === null) return { status: 422, body: { detail: 'adapter_id is required' } }
      return servers.delete(id) ? { body: { status: 'unregistered' } } : { status: 404, body: { detail: 'unknown adapter' } }
    },
    'POST /proxy/heartbeat'(_body, servers, query) {
      const id = query.get('adapter_id') ?? ''
      return servers.has(id) ? { body: { status: 'ok' } } : { status: 404, body: { detail: 'unknown adapter' } }
    },
  })

export const startTestExample = (): Promise<FakeProxy> =>
  startFakeProxy({
    'POST /register'(body, servers) {
      const id = body.server_id ?? body.name
      if (typeof id !== 'string' || typeof (body.server_url ?? body.url) !== 'string')
        return { status: 400, body: { status: 'error', detail: 'server_id and server_url are required' } }
      servers.set(id, body)
      return { body: { status: 'ok', registered: id } }
    },
    'POST /unregister'({ server_id }, servers) {
      servers.delete(String(server_id))
      return { body: { status: 'ok', unregistered: server_id } }
    },
    'POST /proxy/heartbeat'({ server_id }, servers) {
      return servers.has(String(server_id))
        ? { body: { status: 'ok', heartbeat: server_id } }
        : { status: 404, body: { detail: 'not registered' } }
    },
  })
