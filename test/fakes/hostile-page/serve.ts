/** A page of somebody else's that tries everything that a page can try with a server on the same machine. */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HostilePage {
  readonly port: number
  stop(): Promise<void>
}

/** What `attack` takes. */
export interface Target {
  /** `http://host:port`. */
  readonly base: string
  readonly paths: readonly string[]
  /** A tool that changes something. */
  readonly tool: string
}

const script = readFileSync(new URL('attack.js', import.meta.url), 'utf8')

/** Served under every name that leads here. */
export async function serveHostilePage(): Promise<HostilePage> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html><title>hostile</title><p>hostile</p><script>${script}</script>`)
  })
  await new Promise<void>((listening) => server.listen(0, listening))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
