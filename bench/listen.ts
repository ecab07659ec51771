/** How the servers that we compare ourselves with say where they are: in the words of our own log, so that one reader does for all. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens on a free port of this machine, and ends when it is asked to. */
export function listenAndSay(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    process.stderr.write(`${JSON.stringify({ msg: 'listening', url })}\n${JSON.stringify({ msg: 'ready' })}\n`)
  })
  process.once('SIGTERM', () => process.exit(0))
}
