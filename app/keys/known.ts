/** Remembers for some seconds what the store said of a credential, so that requests seldom wait for the database, and go on for a while without it. */
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'

export interface Known<T> {
  /**
   * What belongs to this id; undefined where there is none.
   * @throws Failure `unavailable` when the store does not answer, and has not for too long
   */
  find(id: string): Promise<T | undefined>
  /** Of one that was revoked here, nothing needs to be remembered. */
  forget(id: string): void
}

interface Answer<T> {
  readonly key: T | undefined
  /** When the question was asked: what changed after that is not in the answer. */
  readonly at: number
}

/** Milliseconds: a revoked credential is refused after that, on every replica; what it opened ends soon after (app/standing.ts). */
const fresh = 2_000
/** Milliseconds that one still works while the database is away. */
const stale = 30_000
/** Milliseconds after which a store that does not answer counts as away, and that it is left in peace then. */
const patience = 2_000
const pause = 1_000
const mostAnswers = 10_000

/** @param now milliseconds, as Date.now() */
export function createKnown<T>(ask: (id: string) => Promise<T | undefined>, log: Log, now: () => number): Known<T> {
  const answers = new Map<string, Answer<T>>()
  const asking = new Map<string, Promise<T | undefined>>()
  let away: { readonly cause: unknown; readonly until: number } | undefined

  function keep(id: string, answer: Answer<T>): void {
    answers.delete(id)
    if (answers.size >= mostAnswers) answers.delete(answers.keys().next().value!)
    answers.set(id, answer)
  }

  async function askStore(id: string): Promise<T | undefined> {
    const at = now()
    if (away && away.until > at) return makeDo(id, away.cause)
    try {
      const key = await inTime(ask(id))
      away = undefined
      keep(id, { key, at })
      return key
    } catch (cause) {
      if (!away) log.warn('credentials cannot be looked up', { error: cause })
      away = { cause, until: now() + pause }
      return makeDo(id, cause)
    }
  }

  function makeDo(id: string, cause: unknown): T {
    const { key, at = 0 } = answers.get(id) ?? {}
    if (key && now() - at < stale) return key
    throw new Failure(
      'unavailable',
      'the database does not answer, so this credential cannot be checked: try again in a moment',
      {
        data: { retry_after: 2 },
        cause,
      },
    )
  }

  return {
    async find(id) {
      const answer = answers.get(id)
      if (answer && now() - answer.at < fresh) return answer.key
      const asked = asking.get(id) ?? askStore(id).finally(() => asking.delete(id))
      asking.set(id, asked)
      return asked
    },
    forget: (id) => void answers.delete(id),
  }
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
