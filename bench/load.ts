/** Asks as fast as it is answered, and keeps how long each answer took. */
import type { Client } from './clients.ts'

export interface Load {
  readonly seconds: number
  /** Milliseconds, the shortest first. */
  readonly latencies: Float64Array
}

/** @param ask one call; throws when the answer is not the right one */
export async function load(clients: readonly Client[], calls: number, ask: (client: Client) => Promise<void>): Promise<Load> {
  const latencies = new Float64Array(calls)
  let next = 0

  async function keepAsking(client: Client): Promise<void> {
    while (next < calls) {
      const mine = next++
      const began = performance.now()
      await ask(client)
      latencies[mine] = performance.now() - began
    }
  }

  const rest = stayAwake()
  const began = performance.now()
  await Promise.all(clients.map(keepAsking))
  rest()
  return { seconds: (performance.now() - began) / 1000, latencies: latencies.sort() }
}

/**
 * Keeps the event loop turning without a pause. Waking up whoever sleeps at the other end is work that the kernel charges to the server:
 * on a virtual machine it is a fifth of an answer, and a slower server, whose clients sleep more, would pay more of it.
 */
function stayAwake(): () => void {
  let turn = setImmediate(again)
  function again(): void {
    turn = setImmediate(again)
  }
  return () => clearImmediate(turn)
}
