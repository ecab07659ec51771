/** Asks as fast as it is answered, and keeps how long each answer took. */
import type { Client } from './clients.ts'

/** How long to go on. */
export type Until = { readonly calls: number } | { readonly seconds: number }

export interface Load {
  readonly calls: number
  readonly seconds: number
  /** Milliseconds, the shortest first. */
  readonly latencies: Float64Array
}

/** @param ask one call; throws when the answer is not the right one */
export async function load(clients: readonly Client[], until: Until, ask: (client: Client) => Promise<void>): Promise<Load> {
  const latencies: number[] = []
  const began = performance.now()
  const end = 'seconds' in until ? began + until.seconds * 1000 : Number.POSITIVE_INFINITY
  let left = 'calls' in until ? until.calls : Number.POSITIVE_INFINITY

  async function keepAsking(client: Client): Promise<void> {
    for (let now = began; left > 0 && now < end; ) {
      left--
      await ask(client)
      const answered = performance.now()
      latencies.push(answered - now)
      now = answered
    }
  }

  const rest = stayAwake()
  await Promise.all(clients.map(keepAsking))
  rest()
  return {
    calls: latencies.length,
    seconds: (performance.now() - began) / 1000,
    latencies: Float64Array.from(latencies).sort(),
  }
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
