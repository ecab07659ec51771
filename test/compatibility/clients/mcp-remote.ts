/**
 * mcp-remote, which stands between a client that knows stdio alone and a server that is reached by URL. The client is the newest SDK of the
 * revisions with sessions. VARIANT is `legacy`, or `auto`: then mcp-remote speaks 2026-07-28 to the server, and an older one to the client.
 */
import { join } from 'node:path'
import { packageRoot } from '../../../app/root.ts'
import { until } from '../../until.ts'
import type { Client, Way } from './client.ts'
import { drive } from './drive.ts'
import type { Lacks } from './steps.ts'
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
  return version ? { ...client, version, watch: (uri, listener) => watch(client, uri, listener) } : client
}

/**
 * mcp-remote says yes to a subscription at once, and passes it on some seconds later. So the note is written again and again until the first
 * notification has come; what counts comes after that.
 */
async function watch(client: Client, uri: string, listener: () => void): Promise<() => Promise<void>> {
  let passedOn = false
  let counts = false
  const stop = await client.watch!(uri, () => {
    passedOn = true
    if (counts) listener()
  })
  const name = uri.split('/').at(-1)
  await until('mcp-remote passes the subscription on', async () => {
    await client.call('write_note', { name, text: 'first' })
    return passedOn
  })
  counts = true
  return stop
}

function lacks({ transport }: Way, _: string, version: string): Lacks {
  // Over HTTP, closing the request is what cancels it in 2026-07-28.
  if (transport !== 'http' || version !== '2026-07-28') return {}
  return { 'cancelled call': 'it sends a notification, which 2026-07-28 does not have over HTTP, and keeps the request open' }
}

await drive({ connect, lacks })
