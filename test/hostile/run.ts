/**
 * Sends the inputs of the corpus, one after the other, to one server process. After each it looks whether the answer is of the expected
 * class, whether a client that has done nothing wrong is still served, and whether the process is still the same.
 */
import { type Bystander, bystander } from './bystander.ts'
import { bytesOf, type Course, type Entry, type Lazy, madeOf, payloadsOf, type Spoken, type Way } from './entry.ts'
import { countOf, judge } from './judge.ts'
import { modernized } from './modern.ts'
import { sendOnce } from './once.ts'
import type { Seen } from './seen.ts'
import { type Server, startServer } from './server.ts'

export interface Runner {
  /** What was wrong, in a sentence; undefined when all was as it should be. */
  run(entry: Entry, course: Course): Promise<string | undefined>
  /** The process that runs now; another one than at the start where an input has ended that. */
  readonly server: Server
  /** Lines in the log that entries so far have declared. */
  readonly declared: number
  /** The inputs that ended a process. */
  readonly deadly: readonly string[]
  /** Closes the sessions that the runner has itself. */
  close(): Promise<void>
}

export async function createRunner(): Promise<Runner> {
  let server = await startServer()
  let other = await bystander(server)
  let declared = 0
  const deadly: string[] = []

  async function run(entry: Entry, course: Course): Promise<string | undefined> {
    if (!server.alive()) {
      server = await startServer()
      other = await bystander(server)
    }
    declared += entry.logs ?? 0
    try {
      return (await sent(entry, course)) ?? (await stillServed(other))
    } finally {
      if (!server.alive()) deadly.push(entry.name)
    }
  }

  async function sent(entry: Entry, course: Course): Promise<string | undefined> {
    if ('over' in entry) return speak(server, entry, course as Way)
    return judge(entry.expect, await sendOnce(server, entry), { course })
  }

  return {
    run,
    deadly,
    get server() {
      return server
    },
    get declared() {
      return declared
    },
    close: () => other.close(),
  }
}

async function speak(server: Server, entry: Spoken, way: Way): Promise<string | undefined> {
  const expected = entry.but?.[way] ?? entry.expect
  const talk = await server.open(way, { fresh: entry.fresh, version: entry.version })
  try {
    for (const [at, payload] of payloadsOf(entry).entries()) {
      // What repeats a part of what has come so far waits for that.
      if (typeof payload === 'function') await talk.settle(at)
      await talk.say(formOf(payload, talk.seen, way === 'modern' && !entry.exact), entry.headers)
    }
    await talk.settle(countOf(expected))
    return judge(expected, talk.seen, { course: way, quiet: entry.quiet })
  } finally {
    await talk.close()
  }
}

function formOf(payload: Lazy, seen: Seen, modern: boolean): Buffer {
  const made = madeOf(payload, seen)
  return bytesOf(modern ? modernized(made) : made)
}

async function stillServed(other: Bystander): Promise<string | undefined> {
  const problem = await other.check()
  return problem === undefined ? undefined : `the answer was right, but another client suffers: ${problem}`
}
