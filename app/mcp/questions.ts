/** What we have asked a client with a session, until it answers. */

import type { Answers, Json, Question, Questions } from '../call.ts'
import type { Canceller } from '../canceller.ts'
import { Failure } from '../errors.ts'
import { answerProblem } from './answers.ts'
import { type Id, noticeText, questionText } from './message.ts'
import { timeToAnswer } from './request-state.ts'
import type { Sink } from './sink.ts'

interface Open {
  readonly question: Question
  /** Where it went. */
  readonly sink: Sink
  resolve(answer: Json): void
  reject(reason: Failure): void
}

/** A response, as it stands in a message. */
export interface Response {
  readonly id: Id
  readonly result?: unknown
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown }
}

export class OpenQuestions {
  private readonly open = new Map<string, Open>()
  private asked = 0

  /**
   * Asks them all at once.
   * @param cancel of the call that asks: when nobody waits for it any more, the client is told that its answer is not needed
   * @param taken the same, where only the questions are taken back
   */
  async ask(questions: Questions, sink: Sink, cancel: Canceller, taken?: AbortSignal): Promise<Answers> {
    const asked = Object.entries(questions).map(([key, question]) => ({ key, question, id: `q${++this.asked}` }))
    const retract = () => {
      for (const { id } of asked) this.takeBack(id, takenBack())
    }
    taken?.addEventListener('abort', retract)
    try {
      const answers = await Promise.all(asked.map(({ id, question }) => this.askOne(id, question, sink, cancel)))
      return Object.fromEntries(asked.map(({ key }, index) => [key, answers[index]!]))
    } catch (error) {
      // Without one of them the others are of no use.
      for (const { id } of asked) this.takeBack(id, error as Failure)
      throw error
    } finally {
      taken?.removeEventListener('abort', retract)
    }
  }

  /** An answer has come; one to nothing that we asked is passed over. */
  answered({ id, result, error }: Response): void {
    const open = this.open.get(String(id))
    if (!open) return
    if (error !== undefined) return open.reject(refused(open.question, error))
    const problem = answerProblem(open.question, result)
    if (problem) open.reject(new Failure('failed', `the client's answer to ${open.question.method} cannot be used: ${problem}`))
    else open.resolve(result as Json)
  }

  close(reason: string): void {
    for (const { reject } of this.open.values()) reject(new Failure('cancelled', `the client is gone: ${reason}`))
  }

  private askOne(id: string, question: Question, sink: Sink, cancel: Canceller): Promise<Json> {
    return new Promise<Json>((resolve, reject) => {
      const settle = () => {
        this.open.delete(id)
        clearTimeout(timer)
        cancel.signal.removeEventListener('abort', leave)
      }
      const leave = () => this.takeBack(id, new Failure('cancelled', 'the call was cancelled'))
      const timer = setTimeout(() => this.takeBack(id, noAnswer(question)), timeToAnswer)
      timer.unref()
      this.open.set(id, {
        question,
        sink,
        resolve(answer) {
          settle()
          resolve(answer)
        },
        reject(reason) {
          settle()
          reject(reason)
        },
      })
      if (cancel.aborted) return this.open.get(id)?.reject(new Failure('cancelled', 'the call was cancelled'))
      cancel.signal.addEventListener('abort', leave)
      sink.tell(questionText(id, question.method, question.params ?? {}))
    })
  }

  /** Tells the client that nobody needs its answer any more; does nothing where it has come. */
  private takeBack(id: string, reason: Failure): void {
    const open = this.open.get(id)
    if (!open) return
    open.sink.tell(noticeText('notifications/cancelled', { requestId: id, reason: 'the answer is not needed any more' }))
    open.reject(reason)
  }
}

export const takenBack = () => new Failure('cancelled', 'the question was taken back')

/** Whoever asked may pass the client's own words on: they stand in `data.client_error`. */
function refused({ method }: Question, { code, message, data }: NonNullable<Response['error']>): Failure {
  const text = typeof message === 'string' && message ? message : 'without a reason'
  return new Failure('failed', `the client refused ${method}: ${text}`, { data: { client_error: { code, message, data } } })
}

const noAnswer = ({ method }: Question) =>
  new Failure('timeout', `the client did not answer ${method} within ${timeToAnswer / 60_000} minutes`, {
    data: { seconds: timeToAnswer / 1000 },
  })
