/** What one call costs: the same question to every server in turn, round after round, so that a busy moment of the machine hits them all. */
import type { Client } from './clients.ts'
import { load } from './load.ts'
import { median, percentile, spread } from './numbers.ts'
import { atRest, cpuTime, residentMemory } from './process-use.ts'
import { progress } from './progress.ts'
import { type Subject, type SubjectOptions, startSubject, subjectList } from './subjects.ts'
import type { Table } from './table.ts'

/** What one round came to. */
interface Round {
  /** Microseconds of the server's CPU, a call. */
  readonly cpu: number
  /** The same against bare node:http in the same round. */
  readonly ratio: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Bytes, after the round. */
  readonly memory: number
}

export interface CallFigures {
  readonly name: string
  readonly rounds: readonly Round[]
}

export interface CallOptions extends SubjectOptions {
  readonly rounds: number
  readonly calls: number
}

/** Questions at a time, each on a connection of its own. */
const parallel = 16
/** Calls until the compiler is done with a server. */
const warmUp = 20_000
const message = 'a message of a few words'

/** A call of the tool echo, as it stands in a JSON-RPC request. */
export const echoQuestion = `"method":"tools/call","params":{"name":"echo","arguments":{"message":"${message}"}}`

async function echo(client: Client): Promise<void> {
  const answer = await client.ask(echoQuestion)
  if (!answer.includes(message) || answer.includes('"isError":true')) throw new Error(`not an echo: ${answer}`)
}

export async function measureCalls(options: CallOptions): Promise<CallFigures[]> {
  const subjects: Subject[] = []
  for (const entry of subjectList(options)) {
    progress(`calls: starting ${entry.name}`)
    const subject = await startSubject(entry, parallel)
    await load(subject.clients, warmUp, echo)
    subjects.push(subject)
  }
  const figures = subjects.map(({ name }) => ({ name, rounds: [] as Round[] }))
  for (let round = 1; round <= options.rounds; round++) {
    let bare = 0
    for (const [index, subject] of subjects.entries()) {
      progress(`calls, round ${round} of ${options.rounds}: ${subject.name}`)
      const measured = await measure(subject, options.calls)
      if (index === 0) bare = measured.cpu
      figures[index]!.rounds.push({ ...measured, ratio: measured.cpu / bare })
    }
  }
  for (const subject of subjects) await subject.stop()
  return figures
}

async function measure({ pid, clients }: Subject, calls: number): Promise<Omit<Round, 'ratio'>> {
  await atRest(pid)
  const before = cpuTime(pid)
  const { seconds, latencies } = await load(clients, calls, echo)
  // What is written in batches belongs to the calls as well.
  await atRest(pid)
  return {
    cpu: (cpuTime(pid) - before) / calls,
    perSecond: calls / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    memory: residentMemory(pid),
  }
}

export function callTable(figures: readonly CallFigures[], { rounds, calls, databaseUrl }: CallOptions): Table {
  const missing = databaseUrl ? [] : [['/mcp, /sse, stdio, PostgreSQL', 'not run: no PostgreSQL']]
  return {
    title: 'One call of the tool echo',
    columns: ['', 'least CPU, us', 'against bare', 'median CPU, us', 'against bare', 'calls/s', 'p50, ms', 'p99, ms', 'RSS, MiB'],
    rows: [...figures.map((one) => rowOf(one, figures[0]!)), ...missing],
    note: `${parallel} questions at a time, ${calls} calls a round, ${rounds} rounds, medians where nothing else is said. CPU is user and system time of all threads of the server; the embedded database is one of them, a PostgreSQL server is not. Whatever else the machine does can only add to it, so the least is nearest to what a call costs.`,
  }
}

function rowOf({ name, rounds }: CallFigures, bare: CallFigures): string[] {
  const column = (of: keyof Round) => rounds.map((round) => round[of])
  const middle = (of: keyof Round, digits: number) => median(column(of)).toFixed(digits)
  const least = Math.min(...column('cpu'))
  return [
    name,
    least.toFixed(0),
    (least / Math.min(...bare.rounds.map(({ cpu }) => cpu))).toFixed(1),
    middle('cpu', 0),
    spread(column('ratio'), 1),
    middle('perSecond', 0),
    middle('p50', 2),
    middle('p99', 2),
    (median(column('memory')) / 2 ** 20).toFixed(0),
  ]
}
