/** Other gateways from npm, each in every way in over HTTP that it has, in front of the same echo server as ours. */
import { join } from 'node:path'
import { freePort } from '../test/services/free-port.ts'
import { installPeers } from '../test/services/peers.ts'
import { type Child, startNode } from './children.ts'
import { newEra } from './eras.ts'
import { sharedSseClients } from './sse-clients.ts'
import { type Entry, overHttp, overSse } from './subjects.ts'

/**
 * All of them, not started yet. Node runs their scripts itself: an npx or a shell in between would be the process that is measured.
 * @param echo the program of the stdio server that they stand in front of
 * @throws when they cannot be installed
 */
export async function peerList(echo: string): Promise<Entry[]> {
  const modules = join(await installPeers(), 'node_modules')
  const start = (script: string, argsFor: (port: string) => string[]) => async (): Promise<Child> => {
    const port = await freePort()
    return startNode([join(modules, script), ...argsFor(String(port))], { listensOn: `http://127.0.0.1:${port}` })
  }
  const mcpProxy = (...flags: string[]) =>
    start('mcp-proxy/dist/bin/mcp-proxy.mjs', (port) => [
      ...['--host', '127.0.0.1', '--port', port, ...flags, '--', process.execPath, echo],
    ])
  // At its usual level it prints every message; nobody runs it that way under load.
  const supergateway = (...flags: string[]) =>
    start('supergateway/dist/index.js', (port) => [
      ...['--stdio', `${process.execPath} ${echo}`, '--port', port, '--logLevel', 'none', ...flags],
    ])
  const asHttp = ['--outputTransport', 'streamableHttp']
  return [
    { name: 'mcp-proxy, HTTP, sessions', start: mcpProxy(), wayIn: overHttp },
    { name: 'mcp-proxy, HTTP, no sessions', start: mcpProxy('--stateless'), wayIn: overHttp },
    { name: 'mcp-proxy, SSE', start: mcpProxy(), wayIn: overSse },
    { name: 'mcp-proxy, 2026-07-28', start: mcpProxy(), wayIn: overHttp, era: newEra },
    {
      name: 'mcp-proxy, 2026-07-28 on both sides',
      start: mcpProxy('--upstreamProtocol', 'modern'),
      wayIn: overHttp,
      era: newEra,
    },
    { name: 'supergateway, HTTP, sessions', start: supergateway(...asHttp, '--stateful'), wayIn: overHttp },
    { name: 'supergateway, HTTP, no sessions', start: supergateway(...asHttp), wayIn: overHttp },
    { name: 'supergateway, SSE', start: supergateway(), wayIn: overSse },
    { name: 'supergateway, SSE, one session', start: supergateway(), wayIn: ({ url }) => sharedSseClients(url) },
    { name: 'supergateway, 2026-07-28', start: supergateway(...asHttp), wayIn: overHttp, era: newEra },
  ]
}
