/**
 * What stays open longer than a request (sessions, event streams, WebSockets, subscriptions) was opened with a credential. It ends when that
 * credential is not good any more, or is good for something else.
 */
import type { Credentials } from './auth.ts'
import { credentialIn } from './auth.ts'
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import type { Service } from './lifecycle.ts'
import type { Log } from './log.ts'
import { haveSameRights } from './same-rights.ts'

export interface Standing extends Service {
  /**
   * Looks after something that was opened.
   * @param request that opened it
   * @param end is called once, with a reason for whoever is on the other side
   */
  watch(request: Credentials, caller: Caller, end: (reason: string) => void): Watched
  stop(): void
}

export interface Watched {
  /** A later request of the same caller: its credential, and what that is good for, is what counts from now on. */
  renew(request: Credentials, caller: Caller): void
  /** It has ended by itself. */
  stop(): void
}

type Identify = (request: Credentials) => Caller | Promise<Caller>

interface Entry {
  request: Credentials
  caller: Caller
  readonly end: (reason: string) => void
}

/** Milliseconds between two looks. A verdict on a credential is kept for three seconds: together they are less than five. */
const lookEvery = 1_500

const unwatched: Watched = { renew() {}, stop() {} }

/** @param identify says whose request something is, or throws why it is nobody's */
export function openStanding(identify: Identify, log: Log): Standing {
  const entries = new Set<Entry>()
  let looking = false

  async function look(): Promise<void> {
    if (looking) return
    looking = true
    try {
      // Many may be open with one key: it is asked about once.
      const verdicts = new Map<unknown, Promise<Caller | Failure | undefined>>()
      await Promise.all([...entries].map((entry) => judge(entry, verdicts)))
    } finally {
      looking = false
    }
  }

  async function judge(entry: Entry, verdicts: Map<unknown, Promise<Caller | Failure | undefined>>): Promise<void> {
    const { request, caller } = entry
    const by = credentialOf(request) ?? request.socket
    const verdict = verdicts.get(by) ?? ask(request)
    verdicts.set(by, verdict)
    const now = await verdict
    // Another one may have been shown meanwhile, and is looked at the next time.
    if (now === undefined || entry.request !== request || !entries.has(entry)) return
    if (now instanceof Failure) end(entry, now.message)
    else if (!haveSameRights(now, caller)) end(entry, 'what this credential is good for has changed: connect again')
  }

  /** Undefined where nobody can tell just now: then it stays open, as a request would be let in. */
  async function ask(request: Credentials): Promise<Caller | Failure | undefined> {
    try {
      return await identify(request)
    } catch (error) {
      if (error instanceof Failure && (error.code === 'unauthorized' || error.code === 'forbidden')) return error
      return undefined
    }
  }

  function end(entry: Entry, reason: string): void {
    if (!entries.delete(entry)) return
    log.info('ended with its credential', { caller: entry.caller.id, reason })
    entry.end(reason)
  }

  const timer = setInterval(() => void look(), lookEvery)
  timer.unref()

  return {
    watch({ headers, socket }, caller, whenOver) {
      // Who needs no credential loses none.
      if (caller.id === 'local') return unwatched
      const entry: Entry = { request: credentialsOf({ headers, socket }), caller, end: whenOver }
      entries.add(entry)
      return {
        renew(request, caller) {
          entry.request = credentialsOf(request)
          entry.caller = caller
        },
        stop: () => void entries.delete(entry),
      }
    },
    stop: () => clearInterval(timer),
  }
}

/** As little of a request as it takes: it is held as long as what it opened. */
const credentialsOf = ({ headers, socket }: Credentials): Credentials => ({
  headers: { authorization: headers.authorization, 'x-api-key': headers['x-api-key'], host: headers.host },
  socket,
})

function credentialOf({ headers }: Credentials): string | undefined {
  try {
    return credentialIn(headers)
  } catch {
    return undefined
  }
}
