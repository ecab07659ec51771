/** `npm run bench`: what a call, a session, a start and a long list cost. Tables on stdout, what happens now on stderr. Nothing is asserted. */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { callTable, measureCalls } from './calls.ts'
import { pinning, pinSelf } from './cores.ts'
import { direct } from './direct.ts'
import { gateways } from './gateways.ts'
import { listTable, measureLists } from './lists.ts'
import { measureMemory, memoryTable } from './memory.ts'
import { closeAll } from './opened.ts'
import { prepared } from './prepared.ts'
import { measureStarts, startTable } from './starts.ts'
import type { Comparison, SubjectOptions } from './subjects.ts'
import { format, type Table } from './table.ts'

const usage = `npm run bench -- [options]
  --rounds N      rounds of each measurement (5)
  --seconds N     length of a round in which calls are measured (1.5)
  --quick         2 rounds of 0.2 s: to see that it works, not for figures
  --only PARTS    of calls, gateway, memory, starts, lists; several with commas
  --program FILE  the built server to measure, to compare two builds (dist/main.js)
  --json FILE     also writes every single figure
`

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'calls,gateway,memory,starts,lists' },
    program: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(flags.rounds ?? (flags.quick ? 2 : 5))
const seconds = Number(flags.seconds ?? (flags.quick ? 0.2 : 1.5))
const { program } = flags

interface Part {
  readonly figures: unknown
  readonly table: Table
}

const parts: Record<string, () => Promise<Part>> = {
  calls: async () => compare(direct(await subjectOptions())),
  gateway: async () => compare(await gateways(await subjectOptions())),
  async memory() {
    const figures = await measureMemory(rounds, program)
    return { figures, table: memoryTable(figures) }
  },
  async starts() {
    const figures = await measureStarts(rounds, program)
    return { figures, table: startTable(figures) }
  },
  async lists() {
    const figures = await measureLists(rounds, program)
    return { figures, table: listTable(figures) }
  },
}

const subjectOptions = async (): Promise<SubjectOptions> => ({ ...(await prepared()), program })

async function compare(comparison: Comparison): Promise<Part> {
  const figures = await measureCalls(comparison, { rounds, seconds })
  return { figures, table: callTable(comparison, figures, { rounds, seconds }) }
}

async function run(): Promise<void> {
  pinSelf()
  const machine = `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`
  process.stdout.write(`${machine}; ${pinning ? 'server and clients on cores of their own' : 'cores shared'}\n\n`)
  const figures: Record<string, unknown> = { machine, pinning, rounds, seconds }
  for (const name of flags.only.split(',')) {
    const measured = await parts[name]!()
    figures[name] = measured.figures
    process.stdout.write(`${format(measured.table)}\n`)
  }
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(figures, null, 2)}\n`)
}

/** What is wrong with the command line or the machine, in a sentence. */
function problem(): string | undefined {
  if (process.platform !== 'linux') return 'the benchmark reads CPU time from /proc, so it runs on Linux only'
  if (!(Number.isInteger(rounds) && rounds > 0)) return `--rounds must be a whole number above 0, got ${flags.rounds}`
  if (!(seconds > 0 && seconds <= 60)) return `--seconds must be above 0 and at most 60, got ${flags.seconds}`
  const unknown = flags.only.split(',').find((name) => !(name in parts))
  return unknown === undefined ? undefined : `--only takes ${Object.keys(parts).join(', ')}, got ${unknown}`
}

async function main(): Promise<number> {
  if (flags.help) {
    process.stdout.write(usage)
    return 0
  }
  const wrong = problem()
  if (wrong) {
    process.stderr.write(`${wrong}\n`)
    return 1
  }
  const interrupted = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(1))
  })
  try {
    return await Promise.race([run().then(() => 0), interrupted])
  } finally {
    await closeAll()
  }
}

process.exit(await main())
