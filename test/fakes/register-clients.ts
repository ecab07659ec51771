/** Tiny clients of each generation: they send what the real ones send, and read of the answer what the real ones read. Each throws where the real one gives up. */
import type { Json } from '../../app/call.ts'

async function post(url: string, body: Json | undefined): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

function need<T>(value: T | undefined | false | null, what: string, answer: unknown): T {
  if (value === undefined || value === null || value === false) throw new Error(`${what}: ${JSON.stringify(answer)}`)
  return value
}

export interface Client {
  /** Gives the key. */
  register(proxy: string, id: string, url: string): Promise<string>
  /** Undefined where the generation has none. */
  beat?: (proxy: string, id: string, url: string, key: string) => Promise<void>
  unregister(proxy: string, id: string, key: string): Promise<void>
}

const oldest: Client = {
  async register(proxy, id, url) {
    const { status, body } = await post(`${proxy}/register`, {
      server_id: id,
      server_url: url,
      server_name: 'S',
      description: 'd',
    })
    return String(need(status === 200 && (body.server_key as string), 'no server_key', body))
  },
  async unregister(proxy, id, key) {
    const copy = Number(/_(\d+)$/.exec(key)?.[1] ?? 1)
    const { status, body } = await post(`${proxy}/unregister`, { server_id: id, copy_number: copy })
    need(status === 200 && typeof body.unregistered === 'boolean', 'no unregistered', body)
  },
}

const middle: Client = {
  async register(proxy, id, url) {
    const endpoints = { jsonrpc: '/api/jsonrpc', rest: '/cmd', health: '/health' }
    const sent = {
      server_id: id,
      server_url: url,
      server_name: 'S',
      description: 'd',
      version: '5',
      capabilities: ['jsonrpc'],
      endpoints,
    }
    const { body } = await post(`${proxy}/register`, sent)
    return String(need(body.success === true && (body.server_key as string), 'not success with server_key', body))
  },
  async beat(proxy, id, _url, key) {
    const { status, body } = await post(`${proxy}/heartbeat`, {
      server_id: id,
      server_key: key,
      timestamp: Date.now(),
      status: 'healthy',
    })
    need(status === 200 && body.success === true, 'heartbeat refused', body)
  },
  async unregister(proxy, id, key) {
    const { body } = await post(`${proxy}/unregister`, { server_id: id, server_key: key })
    need(body.success === true, 'not unregistered', body)
  },
}

const currentBody = (id: string, url: string): Json => ({
  server_id: id,
  server_url: url,
  capabilities: ['jsonrpc', 'health'],
  metadata: { protocol: 'http', host: '127.0.0.1', port: 1 },
  uuid: '1b4e28ba-2fa1-4d2e-883f-0016d3cca427',
})

const current: Client = {
  async register(proxy, id, url) {
    const { status, body } = await post(`${proxy}/register`, currentBody(id, url))
    return String(need(status === 200 && body.success === true && (body.server_key as string), 'refused', body))
  },
  async beat(proxy, id, url) {
    const { status, body } = await post(`${proxy}/proxy/heartbeat`, { ...currentBody(id, url), timestamp: Date.now() })
    need(status === 200, 'heartbeat refused', body)
  },
  async unregister(proxy, _id, key) {
    const sent = { server_id: key.replace(/_\d+$/, ''), server_url: '', capabilities: [], metadata: {} }
    const { status, body } = await post(`${proxy}/unregister`, sent)
    need(status === 200, 'not unregistered', body)
  },
}

const localExample: Client = {
  async register(proxy, id, url) {
    const { body } = await post(`${proxy}/register`, { server_id: id, server_url: url })
    return String(
      need(body.status === 'registered' && body.success === true && (body.adapter_id as string), 'no adapter_id', body),
    )
  },
  async beat(proxy, _id, _url, key) {
    const { status, body } = await post(`${proxy}/proxy/heartbeat?adapter_id=${key}`, undefined)
    need(status === 200, 'heartbeat refused', body)
  },
  async unregister(proxy, _id, key) {
    const { status, body } = await post(`${proxy}/unregister?adapter_id=${key}`, undefined)
    need(status === 200, 'not unregistered', body)
  },
}

const testExample: Client = {
  async register(proxy, id, url) {
    const { body } = await post(`${proxy}/register`, { name: id, url })
    return String(need(typeof body.registered === 'string' && body.registered, 'no registered', body))
  },
  async beat(proxy, id) {
    const { status, body } = await post(`${proxy}/proxy/heartbeat`, { server_id: id })
    need(status === 200 && typeof body.heartbeat === 'string', 'heartbeat refused', body)
  },
  async unregister(proxy, id) {
    const { body } = await post(`${proxy}/unregister`, { server_id: id })
    need(body.status === 'ok' && body.unregistered, 'not unregistered', body)
  },
}

export const clients: Readonly<Record<string, Client>> = { oldest, middle, current, localExample, testExample }
