/** What one call costs: the same question to every server in turn, round after round, so that a busy moment of the machine hits them all. */
import type { Client } from './clients.ts'
import type { Question } from './eras.ts'
import { load } from './load.ts'
import { median, percentile, spread } from './numbers.ts'
import { atRest, cpuTime, residentMemory } from './process-use.ts'
import { progress } from './progress.ts'
import { type Comparison, type Subject, startSubject } from './subjects.ts'
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

export interface CallOptions {
  readonly rounds: number
  /** Of each round, for each server: who is slow answers fewer calls. */
  readonly seconds: number
}

/** Questions at a time, each on a connection of its own. */
const parallel = 16
/** So many times the length of a round is not counted at first, until the compiler is done with a server. */
const warmUp = 6
const message = 'a message of a few words'

/** A call of the tool echo. */
export const echoQuestion: Question = { method: 'tools/call', params: { name: 'echo', arguments: { message } } }

/** @throws when the answer is not the right one, or one of another era */
const echoOf = ({ name, era }: Subject) =>
  async function echo(client: Client): Promise<void> {
    const answer = await client.ask(echoQuestion)
    const right = answer.includes(message) && answer.includes(era.mark) && !answer.includes('"isError":true')
    if (!right) throw new Error(`${name}: not an echo: ${answer}`)
  }

export async function measureCalls({ entries }: Comparison, { rounds, seconds }: CallOptions): Promise<CallFigures[]> {
  const subjects: Subject[] = []
  for (const entry of entries) {
    progress(`starting ${entry.name}`)
    const subject = await startSubject(entry, parallel)
    await load(subject.clients, { seconds: warmUp * seconds }, echoOf(subject))
    subjects.push(subject)
  }
  const figures = subjects.map(({ name }) => ({ name, rounds: [] as Round[] }))
  for (let round = 1; round <= rounds; round++) {
    let bare = 0
    for (const [index, subject] of subjects.entries()) {
      progress(`calls, round ${round} of ${rounds}: ${subject.name}`)
      const measured = await measure(subject, seconds)
      if (index === 0) bare = measured.cpu
      figures[index]!.rounds.push({ ...measured, ratio: measured.cpu / bare })
    }
  }
  for (const subject of subjects) await subject.stop()
  return figures
}

async function measure(subject: Subject, length: number): Promise<Omit<Round, 'ratio'>> {
  const { pid, clients } = subject
  await atRest(pid)
  const before = cpuTime(pid)
  const { calls, seconds, latencies } = await load(clients, { seconds: length }, echoOf(subject))
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

export function callTable(
  { title, missing, note }: Comparison,
  figures: readonly CallFigures[],
  { rounds, seconds }: CallOptions,
): Table {
  return {
    title,
    columns: ['', 'least CPU, us', 'against bare', 'median CPU, us', 'against bare', 'calls/s', 'p50, ms', 'p99, ms', 'RSS, MiB'],
    rows: [...figures.map((one) => rowOf(one, figures[0]!)), ...missing],
    note: `${parallel} questions at a time, ${rounds} rounds of ${seconds} s, medians where nothing else is said. CPU is user and system time of all threads of the server. ${note} Whatever else the machine does can only add to it, so the least is nearest to what a call costs.`,
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
