/**
 * mcp-remote, which stands between a client that knows stdio alone and a server that is reached by URL. The client is the newest SDK of the
 * revisions with sessions. VARIANT is `legacy`, or `auto`: then mcp-remote speaks 2026-07-28 to the server, and an older one to the client.
 */
import { join } from 'node:path'
import { packageRoot } from '../../../app/root.ts'
import type { Client, Way } from './client.ts'
import { drive } from './drive.ts'
import { connectV1 } from './v1.ts'

const program = join(packageRoot, 'test', 'peers', 'node_modules', 'mcp-remote', 'dist', 'proxy.js')

async function connect({ transport, address }: Way, variant: string): Promise<Client> {
  const bridge = [process.execPath, program, ...address, '--transport', `${transport}-only`, '--protocol', variant]
  let printed = ''
  const client = await connectV1('1.32.2', { transport: 'stdio', address: bridge }, (text) => {
    printed += text
    process.stderr.write(text)
  })
  // The client sees the handshake of mcp-remote; what is spoken to the server is said on stderr alone.
  const version = /Remote server speaks MCP (\S+);/.exec(printed)?.[1]
  return version ? { ...client, version } : client
}

await drive({ connect, lacks: () => ({}) })
