/** The oldest generation (A): a key and nothing more, no heartbeats. */
import { type FakeProxy, keyFor, startFakeProxy } from './proxy.ts'

export const startOldest = (): Promise<FakeProxy> =>
  startFakeProxy({
    'POST /register'(body, servers) {
      for (const name of ['server_id', 'server_url', 'server_name', 'description']) {
        if (typeof body[name] !== 'string') return { status: 400, body: { error: { message: `${name} is required` } } }
      }
      const key = keyFor(servers, String(body.server_id))
      servers.set(key, body)
      return { body: { server_key: key } }
    },
    'POST /unregister'({ server_id, copy_number }, servers) {
      if (!Number.isInteger(copy_number)) return { status: 400, body: { error: { message: 'copy_number is required' } } }
      return { body: { unregistered: servers.delete(`${server_id}_${copy_number}`) } }
    },
  })
