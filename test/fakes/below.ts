/** A proxy that has a server below a path of its own, and takes the path away. Everything else there is not found. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Below {
  /** Where the server is now. */
  readonly url: string
  /** To be set once the server is there. */
  to: string
  stop(): Promise<void>
}

/** @param path begins with a slash */
export async function startBelow(path: string): Promise<Below> {
  const proxy = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming
    if (!url.startsWith(`${path}/`)) return outgoing.writeHead(404).end()
    const passed = request(new URL(url.slice(path.length), self.to), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    return incoming.pipe(passed)
  })
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
  const self: Below = {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${path}`,
    to: '',
    async stop() {
      proxy.closeAllConnections()
      await new Promise((closed) => proxy.close(closed))
    },
  }
  return self
}
