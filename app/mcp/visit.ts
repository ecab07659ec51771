/**
 * One call of a client that speaks 2026-07-28, from its first request to its result. When what is called asks something, the request is
 * answered with the questions (`input_required`), and the call waits until the client comes back with the answers in another request.
 */
import { randomUUID } from 'node:crypto'
import type { Answers, Client, Json, Question, Questions } from '../call.ts'
import { Canceller } from '../canceller.ts'
import { Failure } from '../errors.ts'
import { answerProblem } from './answers.ts'
import type { Enquiry } from './enquiry.ts'
import { takenBack } from './questions.ts'
import { timeToAnswer } from './request-state.ts'

/** One `ask` that is not answered whole yet. */
interface Waiting {
  readonly questions: Questions
  readonly answers: Record<string, Json>
  resolve(answers: Answers): void
  reject(reason: Failure): void
}

/** Questions that come within so many milliseconds are asked in one round: what a program asks at once may come in several pieces. */
const together = 20
/** Notifications that wait for a client to come back. */
const mostMissed = 100

/** Where calls are kept that wait for their client to come back. */
export interface WaitingRoom {
  /** Throws Failure `limited` when too many wait. */
  enter(visit: Visit): void
  leave(visit: Visit): void
}

const nothing: ReadonlySet<Waiting> = new Set()

export class Visit implements Client {
  readonly abilities: Json
  readonly resumable = true
  readonly resumed: Client['resumed']
  readonly cancel = new Canceller()
  readonly callerId: string

  private readonly room: WaitingRoom
  /** What was to be said meanwhile. */
  private missed: (() => void)[] | undefined
  /** The request that waits for an answer now; none while the client has the questions. */
  private enquiry: Enquiry | undefined
  /** Made when something is asked, which few calls do. */
  private asks: Set<Waiting> | undefined
  private name: string | undefined
  private gathering = false
  /** What the client has been asked last, and in which round: the state of an earlier round is spent. */
  private sent: Questions = {}
  private round = 0
  private timer: NodeJS.Timeout | undefined
  /** How it ended while nobody was there to hear it. */
  private ending: ((enquiry: Enquiry) => void) | undefined
  private over = false

  constructor(enquiry: Enquiry, abilities: Json, room: WaitingRoom, resumed: Client['resumed']) {
    this.enquiry = enquiry
    this.callerId = enquiry.caller.id
    this.abilities = abilities
    this.room = room
    this.resumed = resumed
  }

  /** Unguessable; made when it is needed, which it seldom is. */
  get id(): string {
    this.name ??= randomUUID()
    return this.name
  }

  /** For whatever the call says on its way; nobody hears it at once while the client has the questions. */
  get hearer(): Enquiry | undefined {
    return this.enquiry
  }

  private get waiting(): ReadonlySet<Waiting> {
    return this.asks ?? nothing
  }

  async ask(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    const answers = this.sentAlong(questions)
    if (Object.keys(answers).length === Object.keys(questions).length) return answers
    if (this.cancel.aborted) throw new Failure('cancelled', 'the caller went away')
    return new Promise<Answers>((resolve, reject) => {
      this.asks ??= new Set()
      const one = { questions, answers, resolve, reject }
      this.asks.add(one)
      taken?.addEventListener('abort', () => this.asks?.delete(one) && reject(takenBack()))
      if (this.gathering) return
      // What is asked in the same moment is asked in one round.
      this.gathering = true
      setTimeout(() => this.sendQuestions(), together)
    })
  }

  /** There is no way to come back to a response of this revision. */
  detach(): void {}

  /**
   * The client is back, with answers or some of them. Throws Failure `invalid_params` for an answer that cannot be one, and for the state of
   * an earlier round; the call goes on waiting then.
   */
  resume(enquiry: Enquiry, answers: Answers, round: unknown): void {
    if (round !== this.round)
      throw new Failure('invalid_params', 'params.requestState has been used already: the call has gone on since')
    for (const one of this.waiting) this.check(one, answers)
    clearTimeout(this.timer)
    this.enquiry = enquiry
    const { missed = [] } = this
    this.missed = undefined
    for (const say of missed) say()
    if (this.ending) return this.finish(this.ending)
    for (const one of this.waiting) this.take(one, answers)
    if (this.waiting.size > 0) this.sendQuestions()
    else this.room.leave(this)
  }

  /** Says it when the client is back; of too much the newest is kept. */
  sayLater(say: () => void): void {
    this.missed ??= []
    if (this.missed.push(say) > mostMissed) this.missed.shift()
  }

  /** The client has gone. While it has the questions nobody can tell. */
  left(enquiry: Enquiry): void {
    if (this.enquiry === enquiry) this.give(new Failure('cancelled', 'the caller went away'))
  }

  /** The call is over: its answer goes out, or waits until the client comes back. */
  finish(tell: (enquiry: Enquiry) => void): void {
    if (this.enquiry) {
      this.over = true
      this.room.leave(this)
      clearTimeout(this.timer)
      const { enquiry } = this
      this.enquiry = undefined
      tell(enquiry)
    } else if (!this.over) this.ending = tell
  }

  /** Nobody will answer any more. */
  give(up: Failure): void {
    this.over = this.over || this.enquiry === undefined
    clearTimeout(this.timer)
    this.room.leave(this)
    this.refuse(up)
    this.cancel.abort(up)
  }

  /** The questions that wait are not answered; what has asked them goes on with that. */
  private refuse(reason: Failure): void {
    for (const { reject } of this.waiting) reject(reason)
    this.asks = undefined
  }

  private sentAlong(questions: Questions): Record<string, Json> {
    const sent = this.resumed?.answers ?? {}
    const answers: Record<string, Json> = {}
    for (const [key, question] of Object.entries(questions)) {
      if (!Object.hasOwn(sent, key)) continue
      const problem = answerProblem(question, sent[key])
      if (problem) throw wrongAnswer(key, problem)
      answers[key] = sent[key] as Json
    }
    return answers
  }

  private sendQuestions(): void {
    this.gathering = false
    const { enquiry } = this
    if (!enquiry || this.waiting.size === 0) return
    try {
      this.room.enter(this)
    } catch (error) {
      return this.refuse(error as Failure)
    }
    this.enquiry = undefined
    this.timer = setTimeout(() => this.give(nobodyCame()), timeToAnswer)
    this.timer.unref()
    this.sent = this.open()
    enquiry.require(this.sent, { visit: this.id, round: ++this.round })
  }

  /** Everything that is not answered yet. Two questions of one key are asked one after the other. */
  private open(): Questions {
    const open: Record<string, Question> = {}
    for (const { questions, answers } of this.waiting) {
      for (const [key, question] of Object.entries(questions)) {
        if (!Object.hasOwn(answers, key) && !Object.hasOwn(open, key)) open[key] = question
      }
    }
    return open
  }

  private take(one: Waiting, answers: Answers): void {
    for (const key of this.answered(one, answers)) one.answers[key] = answers[key]!
    if (Object.keys(one.answers).length < Object.keys(one.questions).length) return
    this.asks?.delete(one)
    one.resolve(one.answers)
  }

  private check(one: Waiting, answers: Answers): void {
    for (const key of this.answered(one, answers)) {
      const problem = answerProblem(one.questions[key]!, answers[key])
      if (problem) throw wrongAnswer(key, problem)
    }
  }

  /** The keys under which the client answers what it was asked; what it was not asked yet is no concern of these answers. */
  private answered({ questions }: Waiting, answers: Answers): string[] {
    return Object.keys(questions).filter((key) => this.sent[key] === questions[key] && Object.hasOwn(answers, key))
  }
}

const wrongAnswer = (key: string, problem: string) =>
  new Failure('invalid_params', `params.inputResponses: the answer to ${key.slice(0, 100)} cannot be used: ${problem}`)

const nobodyCame = () =>
  new Failure('timeout', `nobody came back with answers within ${timeToAnswer / 60_000} minutes`, {
    data: { seconds: timeToAnswer / 1000 },
  })
