/** What a test may ask a system, past the switch: so that its questions count for no limit and stand in no history. */
import { randomUUID } from 'node:crypto'
import type { Call, Json } from '../app/call.ts'
import { Canceller } from '../app/canceller.ts'
import type { Execution } from '../app/store/executions.ts'
import type { UpstreamState } from '../app/upstreams/state.ts'
import type { TestSystem } from './start.ts'
import { until } from './until.ts'

/** The structured answer of one of our own commands. */
async function ask<T>({ yard }: TestSystem, name: string, values: Json = {}): Promise<T> {
  const command = yard.catalog.find('tool', name)!
  const cancel = new Canceller()
  const call: Call = {
    id: randomUUID(),
    command,
    caller: { id: 'test', name: 'test', scopes: ['read', 'call', 'admin'] },
    via: 'cli',
    arguments: values,
    supply() {},
    hold() {},
    cancel,
    signal: cancel.signal,
    startedAt: Date.now(),
    notify() {},
    ask: () => Promise.reject(new Error('nobody can be asked')),
    asking: false,
  }
  return (await command.run(call)).structuredContent as T
}

/** Rows of the history, newest first; `at` is a text here. */
export async function historyOf(system: TestSystem, filter: Json = {}): Promise<Execution[]> {
  return (await ask<{ executions: Execution[] }>(system, 'executions', { limit: 200, ...filter })).executions
}

async function upstreamOf(system: TestSystem, name: string): Promise<UpstreamState> {
  const { upstreams } = await ask<{ upstreams: UpstreamState[] }>(system, 'upstreams')
  const found = upstreams.find((upstream) => upstream.name === name)
  if (!found) throw new Error(`there is no upstream ${name}`)
  return found
}

/** Waits until the upstream is in this state. */
export const becomes = (system: TestSystem, name: string, state: UpstreamState['state']): Promise<void> =>
  until(`${name} is ${state}`, async () => (await upstreamOf(system, name)).state === state)
