/**
 * Ports for whoever has to know a port before somebody listens on it, or comes back to it. They lie below those that the system gives to connections
 * and to `listen(0)`, so that nobody takes one by accident in between.
 */
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const lowest = 12_000
/** How many ports one process of the test run has for itself. */
const width = 2_000

/** The first port that the system gives away by itself. */
function firstOfTheSystem(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])
  } catch {
    return 32_768
  }
}

const slices = Math.max(1, Math.floor((firstOfTheSystem() - lowest) / width))
// Workers are numbered from 1; what runs before them, or without them, has the slice 0. At random within it, because other runs may be under way.
const slice = lowest + (Number(process.env.VITEST_POOL_ID ?? 0) % slices) * width
let next = randomInt(width)

/** A port of this machine on which nobody listens, another one each time. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < width; tries++) {
    const port = slice + (next++ % width)
    if (await isFree(port)) return port
  }
  throw new Error(`none of the ports ${slice} to ${slice + width - 1} is free`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
