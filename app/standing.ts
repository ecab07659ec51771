/**
 * What stays open is asked for again and again whether its caller may still have it: a credential that was revoked, has run out, or may do
 * less than before ends what was opened with it. Requests are identified when they come; streams and long answers would go on for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Credentials } from './auth.ts'
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import type { Service } from './lifecycle.ts'
import type { Log } from './log.ts'
import { mayStill } from './rights.ts'
import { Ring } from './ring.ts'
import { type Held, HeldOpen, nothingHeld } from './standing/held.ts'

export interface Standing extends Service {
  /**
   * Something begins that will stay open. Costs nothing for who needed no credential.
   * @param request with which it was opened
   * @param caller who was found to have sent it
   * @param end is called once, when the caller may not have it any more; the failure says why, in words for the caller
   */
  hold(request: Credentials, caller: Caller, end: (why: Failure) => void): Held
  stop(): void
}

/** What knows whose credential this is, as for any request. */
type Identify = (request: Credentials) => Caller | Promise<Caller>

/** Credentials that are looked at side by side: the database has other things to do as well. */
const together = 20
/** Milliseconds that the next ones wait for these. */
const patience = 100

/**
 * Revoked means refused within five seconds, also in what is open: verdicts are remembered for two (`keys/known.ts`), a look comes every
 * second, and a token is given one more look, because a client that renews it shows the new one a moment after the old one is void.
 * @param every milliseconds between two looks
 */
export function openStanding(identify: Identify, log: Log, every = 1_000): Standing {
  const held = new Ring<HeldOpen>()
  /** Credentials that are being asked about. */
  const judging = new Set<unknown>()
  let looking = false
  const timer = setInterval(() => void look(), every)
  timer.unref()

  async function look(): Promise<void> {
    if (looking || held.size === 0) return
    looking = true
    try {
      const groups = [...byCredential(held.values())].filter(([credential]) => !judging.has(credential))
      for (let at = 0; at < groups.length; at += together) {
        const verdicts = groups.slice(at, at + together).map(([credential, group]) => judge(credential, group))
        // One that takes its time holds up nobody else.
        await Promise.race([Promise.all(verdicts), sleep(patience, undefined, { ref: false })])
      }
    } finally {
      looking = false
    }
  }

  async function judge(credential: unknown, group: readonly HeldOpen[]): Promise<void> {
    judging.add(credential)
    try {
      const verdict = await verdictOn(group[0]!)
      for (const each of group) {
        // Meanwhile it may be over, or be held with another credential.
        if (each.credential === credential && !each.over) settle(each, verdict)
      }
    } finally {
      judging.delete(credential)
    }
  }

  async function verdictOn({ request }: HeldOpen): Promise<Caller | Failure> {
    try {
      return await identify(request)
    } catch (error) {
      if (error instanceof Failure) return error
      log.error('an open stream could not be judged', { error })
      return new Failure('unavailable', 'this credential cannot be checked at present: try again in a moment', { cause: error })
    }
  }

  function settle(each: HeldOpen, verdict: Caller | Failure): void {
    if (!(verdict instanceof Failure)) {
      if (mayStill(verdict, each.caller)) each.confirm()
      else end(each, new Failure('unauthorized', 'this credential may do less than before: connect again'))
    } else if (verdict.code !== 'unauthorized' && verdict.code !== 'forbidden') each.refuse(verdict)
    else if (each.doubt()) end(each, verdict)
  }

  function end(each: HeldOpen, why: Failure): void {
    log.info('ended with its credential', { caller: each.caller.id, reason: why.message })
    each.end(why)
  }

  return {
    hold(request, caller, whenEnded) {
      if (!HeldOpen.canEnd(request, caller)) return nothingHeld
      return new HeldOpen(request, caller, whenEnded, held)
    },
    stop: () => clearInterval(timer),
  }
}

function byCredential(all: readonly HeldOpen[]): Map<unknown, HeldOpen[]> {
  const groups = new Map<unknown, HeldOpen[]>()
  for (const each of all) {
    const group = groups.get(each.credential)
    if (group) group.push(each)
    else groups.set(each.credential, [each])
  }
  return groups
}
