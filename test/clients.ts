/** The official SDK clients, over each transport that they have. */
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { WebSocket } from 'ws'

export const wires = ['sse', 'http', 'websocket'] as const
export type Wire = (typeof wires)[number]

/** A client that has shaken hands. @param url of port 9090, without a path */
export async function connect(wire: Wire, url: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: {} })
  await client.connect(transportTo(wire, url, headers))
  return client
}

function transportTo(wire: Wire, url: string, headers: Record<string, string>): Transport {
  switch (wire) {
    case 'sse':
      return new SSEClientTransport(new URL('/sse', url), { requestInit: { headers } })
    case 'http':
      return new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } })
    case 'websocket':
      // The SDK's transport takes whatever is the global WebSocket when it connects.
      globalThis.WebSocket = socketWith(headers)
      return new WebSocketClientTransport(new URL('/ws', url.replace('http', 'ws')))
  }
}

const browsers = globalThis.WebSocket as typeof globalThis.WebSocket | undefined

/** That of browsers, which takes no headers; where there are some, or where Node has none (20), that of `ws`. */
function socketWith(headers: Record<string, string>): typeof globalThis.WebSocket {
  if (browsers && Object.keys(headers).length === 0) return browsers
  return class extends WebSocket {
    constructor(address: string | URL, protocol: string) {
      super(address, protocol, { headers })
    }
  } as unknown as typeof globalThis.WebSocket
}

/** The text of a tool result's first block. */
export function textOf(result: unknown): string {
  const [first] = (result as { content: { text?: string }[] }).content
  return first?.text ?? ''
}

/**
 * A client on the streams of a child that is running already. The SDK's client transport insists on starting the child itself; its other
 * half speaks the same lines on any two streams.
 */
export async function connectStdio({ child }: { child: { stdin: Writable; stdout: Readable } }): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: {} })
  await client.connect(new StdioServerTransport(child.stdout.pipe(new PassThrough()), child.stdin))
  return client
}
