/** A client that trusts one authority, and may hold a certificate: fetch, the SDK's clients, WebSocket. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js'
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js'
import { Agent, fetch } from 'undici'
import { WebSocket } from 'ws'
import type { Wire } from '../clients.ts'
import type { Issued } from './certificates.ts'

export interface TlsClient {
  readonly fetch: FetchLike
  /** A client of the official SDK that has shaken hands. @param url of port 9090, without a path */
  connect(wire: Wire, url: string): Promise<Client>
  /** Cuts every connection. */
  close(): Promise<void>
}

export function tlsClient(ca: string, own?: Issued, headers: Record<string, string> = {}): TlsClient {
  const trust = { ca, cert: own?.cert, key: own?.key }
  const dispatcher = new Agent({ connect: { ...trust, maxCachedSessions: 0 } })
  const clients: Client[] = []
  const fetchOver = ((url: string | URL, init: Parameters<typeof fetch>[1]) =>
    fetch(url, { ...init, dispatcher })) as unknown as FetchLike

  function transportTo(wire: Wire, url: string) {
    const options = { fetch: fetchOver, requestInit: { headers } }
    if (wire === 'sse') return new SSEClientTransport(new URL('/sse', url), options)
    if (wire === 'http') return new StreamableHTTPClientTransport(new URL('/mcp', url), options)
    // The SDK's transport takes whatever is the global WebSocket when it connects.
    globalThis.WebSocket = class extends WebSocket {
      constructor(address: string | URL, protocol: string) {
        super(address, protocol, { ...trust, headers })
      }
    } as unknown as typeof globalThis.WebSocket
    return new WebSocketClientTransport(new URL('/ws', url.replace('http', 'ws')))
  }

  return {
    fetch: fetchOver,
    async connect(wire, url) {
      const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: {} })
      await client.connect(transportTo(wire, url))
      clients.push(client)
      return client
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()))
      await dispatcher.destroy()
    },
  }
}
