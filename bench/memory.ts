/** What a session costs that nobody uses: how a server grows by one thousand of them after the other. */
import { join } from 'node:path'
import { packageRoot } from '../app/root.ts'
import type { Child } from './children.ts'
import { httpClients } from './clients.ts'
import type { Question } from './eras.ts'
import { load } from './load.ts'
import { spread } from './numbers.ts'
import { atRest, residentMemory } from './process-use.ts'
import { progress } from './progress.ts'
import { sseClients } from './sse-clients.ts'
import { startSwitchyard } from './switchyard.ts'
import type { Table } from './table.ts'

/** What a thousand sessions added, in KiB for each of them. */
interface Growth {
  /** The process grew by it. */
  readonly resident: number
  /** On the heap and beside it, after a collection. */
  readonly alive: number
}

export interface MemoryFigures {
  readonly name: string
  readonly steps: readonly Growth[]
}

const sessions = 1_000
/** Opened at a time: the burst is not what is measured. */
const atOnce = 20
/** Requests that come first: every server that is in use has loaded its code and has room for young objects. */
const warmUp = 10_000
const ping: Question = { method: 'ping' }

const kinds = [
  { name: 'idle SSE session', connect: sseClients },
  { name: 'idle Streamable HTTP session', connect: httpClients },
] as const
type Kind = (typeof kinds)[number]

/** @param steps thousands of sessions that are measured, after a first thousand that fills what the server had to spare */
export async function measureMemory(steps: number, program?: string): Promise<MemoryFigures[]> {
  const figures: MemoryFigures[] = []
  for (const kind of kinds) figures.push({ name: kind.name, steps: await measure(kind, steps, program) })
  return figures
}

async function measure({ name, connect }: Kind, steps: number, program?: string): Promise<Growth[]> {
  const hook = join(packageRoot, 'bench', 'memory-hook.mjs')
  const child = await startSwitchyard({ nodeFlags: ['--expose-gc', '--import', hook], channel: true, program })
  const open = await connect(child.url)(atOnce)
  await load(open, { calls: warmUp }, async (client) => void (await client.ask(ping)))

  const states: { resident: number; alive: number }[] = []
  for (let step = 0; step <= steps; step++) {
    progress(`memory: ${name}, ${step * sessions} to ${(step + 1) * sessions}`)
    for (let opened = 0; opened < sessions; opened += atOnce) {
      const clients = await connect(child.url)(atOnce)
      for (const client of clients) client.rest()
      open.push(...clients)
    }
    await atRest(child.pid)
    states.push({ resident: residentMemory(child.pid), alive: await aliveAfterCollection(child) })
  }

  for (const client of open) client.close()
  await child.stop()
  const each = (bytes: number) => bytes / sessions / 1024
  return states.slice(1).map(({ resident, alive }, index) => ({
    resident: each(resident - states[index]!.resident),
    alive: each(alive - states[index]!.alive),
  }))
}

/** Bytes. */
async function aliveAfterCollection({ process }: Child): Promise<number> {
  const answered = new Promise<number>((resolve) => process.once('message', (bytes) => resolve(Number(bytes))))
  process.send('collect')
  return answered
}

export function memoryTable(figures: readonly MemoryFigures[]): Table {
  return {
    title: 'Sessions that nobody uses, KiB each',
    columns: ['', 'RSS', 'alive'],
    rows: figures.map(({ name, steps }) => [name, column(steps, 'resident'), column(steps, 'alive')]),
    note: `For every ${sessions} sessions after the first ${sessions}, which fill what the server had to spare. RSS is what the process grew by; alive is heap and external memory after a collection.`,
  }
}

const column = (steps: readonly Growth[], name: keyof Growth): string =>
  spread(
    steps.map((step) => step[name]),
    1,
  )
