/**
 * Calls that need a person's word: each waits in the database until somebody approves or denies it, here or on another replica. An approval is for one
 * call of one tool with these arguments by this caller, once.
 */
import { randomUUID } from 'node:crypto'
import { actorOf } from './actor.ts'
import { createNeeds, isPersons, mayDecide, type NeedsOptions } from './approvals/needs.ts'
import { canBeAsked, questionOf, wordIn } from './approvals/question.ts'
import { tellOf, Waiting } from './approvals/waiting.ts'
import type { Approval, Decision, Wanted } from './approvals/words.ts'
import type { Call, Question, Who } from './call.ts'
import { canonicalHash } from './canonical.ts'
import { Failure } from './errors.ts'
import type { Health, Service } from './lifecycle.ts'
import { tooManyAtOnce } from './limited.ts'
import type { Log } from './log.ts'
import { reasonOf } from './reason.ts'
import { keepable } from './redact.ts'
import type { ApprovalStore } from './store/approvals.ts'
import { needing } from './store/away.ts'
import type { Bus } from './store/bus.ts'

export interface Approvals extends Service {
  /** Whether a call needs somebody's word; undefined where none does. */
  readonly needs: ((call: Pick<Call, 'command' | 'caller'>) => boolean) | undefined
  /**
   * Settles when the call may run.
   * @throws Failure `forbidden` where it was denied, `timeout`, `cancelled`, `limited` where too many wait, `unavailable` without the database
   */
  admit(call: Call): Promise<void>
  /**
   * A person's word about a call that waits.
   * @throws Failure `invalid_arguments` for what is no approval, `conflict` where it is decided or nobody waits any more, `forbidden` for one's own
   */
  decide(id: string, word: Omit<Decision, 'actor'>, who: Who): Promise<Approval>
  pending(): Promise<Approval[]>
  past(limit: number, before?: string): Promise<{ approvals: Approval[]; next?: string }>
  /** None where no call needs a word. */
  check?(): Promise<Health>
  stop(): Promise<void>
}

export interface ApprovalsOptions {
  readonly settings: NeedsOptions & { readonly timeout: number; readonly by: readonly string[] }
  readonly store: ApprovalStore
  readonly bus: Pick<Bus, 'tell' | 'hear'>
  readonly log: Log
  /** Aborts when a stop begins: nobody is waited for any more. */
  readonly stopping: AbortSignal
  /** Milliseconds between two looks at what was decided elsewhere. */
  readonly lookEvery?: number
}

const topic = 'approvals'
const most = 500
const mostPerCaller = 20
/** Bytes of the arguments that people are shown. */
const shownBytes = 64 * 1024
/** How long a call waits for the word that its time is over, in seconds. */
const grace = 10

export function openApprovals({ settings, store, bus, log, stopping, lookEvery = 2_000 }: ApprovalsOptions): Approvals {
  const { timeout, by } = settings
  const needs = createNeeds(settings)
  const waiting = new Map<string, Waiting & { readonly callerId: string }>()
  /** What is still to be written of those who have left. */
  const leaving = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  stopping.addEventListener('abort', () => {
    const failure = new Failure('unavailable', 'nobody has approved the call yet, and the server is stopping: call again', {
      data: { retry_after: 5 },
    })
    for (const one of waiting.values()) one.over({ status: 'left', failure })
  })
  bus.hear(topic, () => void look())

  /** What was decided elsewhere, or has run out. */
  async function look(): Promise<void> {
    if (waiting.size === 0) return
    try {
      for (const approval of await store.settled([...waiting.keys()])) waiting.get(approval.id)?.over(approval)
    } catch (error) {
      log.debug('approvals not looked at', { reason: reasonOf(error) })
    }
    for (const one of waiting.values()) if (Date.now() > one.until) one.over({ status: 'expired', decidedBy: null, reason: null })
  }

  function enter(id: string, callerId: string): Waiting {
    const own = [...waiting.values()].filter((one) => one.callerId === callerId).length
    if (waiting.size >= most || own >= mostPerCaller) {
      const limit = own >= mostPerCaller ? mostPerCaller : most
      throw tooManyAtOnce(`${limit} calls wait for approval already: wait until some of them are decided`, limit, 30)
    }
    const one = Object.assign(new Waiting(timeout + grace), { callerId })
    waiting.set(id, one)
    timer ??= setInterval(() => void look(), lookEvery)
    return one
  }

  function leave(id: string): void {
    waiting.delete(id)
    if (waiting.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  async function admit(call: Call): Promise<void> {
    const { command, caller, cancel } = call
    const wanted = wantedOf(call)
    const question = by.includes('elicitation') && isPersons(caller) ? questionOf(call, wanted.arguments) : undefined
    const asked = question && canBeAsked(call, question) ? question : undefined
    if (!asked && !by.includes('panel'))
      throw new Failure(
        'forbidden',
        `${command.name} needs a person's approval, and nobody can be asked for it through this client`,
      )
    if (stopping.aborted) throw new Failure('unavailable', 'the server is stopping')
    const id = randomUUID()
    const one = enter(id, caller.id)
    const gone = () =>
      one.over({ status: 'left', failure: new Failure('cancelled', `the call of ${command.name} was cancelled`) })
    const taken = new AbortController()
    let silent = () => {}
    cancel.tellToo(gone)
    try {
      if ((await stored(store.ask(id, wanted, timeout))) === 'used')
        return log.info('approval used', { call: call.id, tool: command.name })
      if (cancel.aborted) gone()
      log.info('call waits for approval', { call: call.id, approval: id, tool: command.name, caller: caller.id })
      bus.tell(topic, {})
      silent = tellOf(call, timeout)
      if (asked) askPerson(id, call, asked, one, taken.signal)
      await ended(id, call, one)
    } finally {
      silent()
      taken.abort()
      cancel.tellNoMore(gone)
      leave(id)
    }
  }

  /** Settles when the word is yes, and nobody else has used it. */
  async function ended(id: string, { command }: Call, one: Waiting): Promise<void> {
    const end = await one.end
    if (end.status === 'left') {
      await forget(id)
      throw end.failure
    }
    const because = end.reason ? `: ${end.reason}` : ''
    if (end.status === 'denied')
      throw new Failure('forbidden', `${end.decidedBy ?? 'somebody'} did not approve this call of ${command.name}${because}`, {
        data: { approval: id },
      })
    if (end.status === 'expired')
      throw new Failure('timeout', `nobody approved this call of ${command.name} within ${timeout} s`, {
        data: { approval: id, seconds: timeout },
      })
    if (!(await stored(store.use(id))))
      throw new Failure('conflict', `the approval of this call of ${command.name} was used by the same call, made once more`, {
        data: { approval: id },
      })
  }

  function forget(id: string): Promise<void> {
    const work = store
      .cancel(id)
      .catch((error: unknown) => log.debug('approval not cancelled', { approval: id, reason: reasonOf(error) }))
      .finally(() => leaving.delete(work))
    leaving.add(work)
    return work
  }

  /** The person on the other side is asked beside the admins; whoever answers first decides. */
  function askPerson(id: string, call: Call, question: Question, one: Waiting, taken: AbortSignal): void {
    const key = `approval_${id}`
    const { caller } = call
    const alone = !by.includes('panel')
    call
      .ask({ [key]: question }, taken)
      .then(async (answers) => {
        const word = wordIn(answers[key]!) ?? (alone ? false : undefined)
        if (word === undefined || taken.aborted) return
        await decideNow(id, { approve: word, reason: word ? null : 'the person who was asked said no', actor: actorOf(caller) })
      })
      .catch((error: unknown) => {
        if (taken.aborted) return
        log.info('person not asked for approval', { approval: id, reason: reasonOf(error) })
        if (alone)
          one.over({
            status: 'left',
            failure: error instanceof Failure ? error : new Failure('failed', 'the person could not be asked', { cause: error }),
          })
      })
  }

  async function decideNow(id: string, decision: Decision): Promise<Approval> {
    const approval = await stored(store.decide(id, decision, timeout))
    if (!approval) throw await undecidable(id)
    const { toolName: tool, callerId: caller } = approval
    log.info(decision.approve ? 'call approved' : 'call denied', { approval: id, tool, caller, actor: decision.actor })
    waiting.get(id)?.over(approval)
    bus.tell(topic, {})
    return approval
  }

  async function undecidable(id: string): Promise<Failure> {
    const found = await stored(store.find(id))
    if (!found) return new Failure('invalid_arguments', `there is no approval with the id "${id.slice(0, 100)}"`)
    const by = found.decidedBy ? ` by ${found.decidedBy}` : ''
    return new Failure('conflict', `this call of ${found.toolName} is ${found.status}${by} already`)
  }

  return {
    needs,
    admit,
    async decide(id, { approve, reason }, who) {
      const found = await stored(store.find(id))
      if (found && approve && !mayDecide(who, found.callerId))
        throw new Failure('forbidden', 'nobody approves their own calls but a person in the panel: ask another admin')
      return decideNow(id, { approve, reason, actor: actorOf(who.caller) })
    },
    pending: () => stored(store.pending()),
    past: (limit, before) => stored(store.past(limit, before)),
    check: needs && countPending,
    async stop() {
      await Promise.all(leaving)
      clearInterval(timer)
    },
  }

  async function countPending(): Promise<Health> {
    const pending = await store.count()
    const detail =
      pending === 0 ? {} : { detail: pending === 1 ? 'one call waits for approval' : `${pending} calls wait for approval` }
    return { status: 'ok', pending, ...detail }
  }
}

function wantedOf(call: Call): Wanted {
  const { caller, command } = call
  const hash = canonicalHash({ tool: command.name, owner: command.owner, arguments: call.arguments })
  const who = { callerId: caller.id, callerName: caller.name, toolName: command.name, owner: command.owner }
  return { ...who, arguments: JSON.parse(keepable(call.arguments, shownBytes)), hash }
}

const stored = <T>(work: Promise<T>): Promise<T> =>
  needing(work, 'approvals cannot be kept, because the database is away: try again', 5)
