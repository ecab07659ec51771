/** A TCP proxy that does to a connection what networks do: it delays, it trickles, it goes silent without a word, it breaks off. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface FaultProxy {
  readonly port: number
  /** The target's URL with our address in it; `127.0.0.1:port` where the target was given without a scheme. */
  readonly url: string
  /** Connections that are open through it. */
  readonly connections: number
  /** Holds every piece that passes from now on for so long, in both directions. */
  latency(ms: number): void
  /** So many bytes a second pass, for each connection and direction. 0 for as many as come. */
  bandwidth(bytesPerSecond: number): void
  /** Each connection breaks off once so many bytes of the target's answer have passed, counted from now. */
  cutAfter(bytes: number): void
  /** Nothing passes any more, and nobody is told: a cable was pulled. What the two sides close stays open for the other. */
  halfOpen(): void
  /** The same for the connections that are open now, and for good: those that come later work. A firewall has forgotten them. */
  strand(): void
  /** The same for each connection from when the client says this on it. */
  silenceAt(text: string): void
  /** Ends all connections, each side orderly (FIN). New ones are still taken. */
  cut(): void
  /** Ends all connections with a reset (RST). */
  reset(): void
  /** No faults from now on, and what was held goes on. Connections that were cut or stranded stay so. */
  heal(): void
  stop(): Promise<void>
}

/** The two ends of one connection. */
interface Pair {
  readonly client: Socket
  readonly target: Socket
  stranded?: boolean
  silenced?: boolean
}

/** @param target URL, or `host:port` */
export async function openFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(target.includes('://') ? target : `tcp://${target}`)
  const pairs = new Set<Pair>()
  const held = new Set<() => void>()
  let delay = 0
  let rate = 0
  let silent = false
  let silencing: string | undefined
  let left = Number.POSITIVE_INFINITY

  /** Passes on what comes, in its order and each piece when its time has come; then that it has ended, or broken off. */
  function carry(pair: Pair, from: Socket, to: Socket): void {
    const answers = from === pair.target
    let passed = 0
    let counting = left
    let last: Promise<void> = Promise.resolve()
    const next = (piece: Buffer | undefined, act: () => void) => {
      last = last.then(() => wait(pair, piece, answers)).then(act)
    }
    from.on('data', (piece: Buffer) => {
      if (counting !== left) [passed, counting] = [0, left]
      const part = answers ? piece.subarray(0, Math.max(0, left - passed)) : piece
      passed += part.length
      const cut = answers && passed >= left
      from.pause()
      next(part, () => {
        to.write(part)
        if (cut) end(pair)
        else from.resume()
      })
    })
    from.on('end', () => next(undefined, () => to.end()))
    from.on('close', () => next(undefined, () => to.destroySoon()))
    from.on('error', () => {}) // close follows
  }

  async function wait(pair: Pair, piece: Buffer | undefined, answer: boolean): Promise<void> {
    const ms = delay + (rate > 0 ? ((piece?.length ?? 0) / rate) * 1000 : 0)
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    for (;;) {
      if (!answer && silencing !== undefined && piece?.includes(silencing)) pair.silenced = true
      const stuck = silent || pair.silenced || pair.stranded
      if (!stuck || (pair.client.destroyed && pair.target.destroyed)) return
      await new Promise<void>((resolve) => held.add(resolve))
    }
  }

  function release(): void {
    for (const go of held) go()
    held.clear()
  }

  function end({ client, target }: Pair): void {
    client.destroySoon()
    target.destroySoon()
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(targetPort), allowHalfOpen: true })
    const pair: Pair = { client, target }
    pairs.add(pair)
    const gone = () => {
      if (client.destroyed && target.destroyed) pairs.delete(pair)
    }
    client.on('close', gone)
    target.on('close', gone)
    carry(pair, client, target)
    carry(pair, target, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    port,
    url: addressIn(target, port),
    get connections() {
      return pairs.size
    },
    latency: (ms) => {
      delay = ms
    },
    bandwidth: (bytesPerSecond) => {
      rate = bytesPerSecond
    },
    cutAfter: (bytes) => {
      left = bytes
    },
    halfOpen: () => {
      silent = true
    },
    strand: () => {
      for (const pair of pairs) pair.stranded = true
    },
    silenceAt: (text) => {
      silencing = text
    },
    cut: () => {
      for (const pair of pairs) end(pair)
    },
    reset: () => {
      for (const { client, target } of pairs) {
        client.resetAndDestroy()
        target.resetAndDestroy()
      }
    },
    heal() {
      delay = 0
      rate = 0
      left = Number.POSITIVE_INFINITY
      silent = false
      silencing = undefined
      for (const pair of pairs) pair.silenced = false
      release()
    },
    async stop() {
      silent = false
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const { client, target } of pairs) {
        client.destroy()
        target.destroy()
      }
      release()
      await closed
    },
  }
}

function addressIn(target: string, port: number): string {
  if (!target.includes('://')) return `127.0.0.1:${port}`
  return target.replace(/^([a-z+]+:\/\/(?:[^@/]*@)?)[^/?#]+/i, `$1127.0.0.1:${port}`)
}
