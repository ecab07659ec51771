/**
 * `tasks/result` of 2025-11-25: it is answered when the task is over. Until then it is the way by which what the task asks reaches the
 * client.
 */
import { lacking } from '../abilities.ts'
import type { Questions } from '../call.ts'
import { Failure, toFailure } from '../errors.ts'
import type { TaskReply } from '../store/tool-tasks.ts'
import type { Inquiry } from './handlers.ts'
import type { TaskDesk } from './task-desk.ts'
import { isOver, relatedQuestions, resultText } from './task-words.ts'

/** How often (ms) a task is looked at that another process runs. */
const lookEvery = 1_000

/** @param stopping aborts when the process stops: what others run is not waited for any longer */
export function createTaskResults(desk: TaskDesk, stopping: AbortSignal): (inquiry: Inquiry) => Promise<string> {
  /** Questions that are with a client now: `task key`. Two requests for one result do not ask twice. */
  const asking = new Set<string>()
  /** One listener for all that wait. */
  const bells = new Set<Bell>()
  stopping.addEventListener('abort', () => {
    for (const { ring } of bells) ring()
  })

  return async function resultOf(inquiry) {
    const { params, caller, cancel, revision = '' } = inquiry
    const task = await desk.find(params.taskId, caller.id)
    const bell = createBell()
    const stopListening = desk.listen(task.id, bell.ring)
    cancel.tellToo(bell.ring)
    bells.add(bell)
    // It may have changed before this was listening.
    bell.ring()
    try {
      for (let now = task; ; now = await desk.find(task.id, caller.id)) {
        if (isOver(now)) {
          // Whatever the client is still asked for it needs no answer.
          if (now !== task) cancel.abort(new Failure('cancelled', 'the task is over'))
          return resultText(now, revision)
        }
        if (cancel.aborted) throw new Failure('cancelled', 'the request was cancelled')
        const here = desk.isHere(task.id)
        if (!here && stopping.aborted) throw new Failure('unavailable', 'the server is stopping')
        ask(now.id, now.questions, inquiry, bell.ring)
        await bell.rung(here ? undefined : lookEvery)
      }
    } finally {
      stopListening()
      cancel.tellNoMore(bell.ring)
      bells.delete(bell)
    }
  }

  function ask(id: string, questions: Questions, { client, cancel }: Inquiry, then: () => void): void {
    for (const [key, question] of Object.entries(relatedQuestions(questions, id))) {
      const name = `${id} ${key}`
      if (asking.has(name) || lacking(client.abilities, { [key]: question })) continue
      asking.add(name)
      client
        .ask({ [key]: question })
        .then(
          (answers): TaskReply => ({ answer: answers[key]! }),
          (error: unknown) => refusal(error),
        )
        // Who does not wait any more has not answered: whoever comes next is asked again.
        .then((reply) => (cancel.aborted ? undefined : desk.reply(id, { [key]: reply })))
        .catch(() => {})
        .finally(() => {
          asking.delete(name)
          then()
        })
    }
  }
}

function refusal(error: unknown): TaskReply {
  const { message, data } = toFailure(error)
  return { refused: { message, data } }
}

interface Bell {
  ring(): void
  /** Settles when it has been rung since the last time; or after so many ms. */
  rung(atMost?: number): Promise<void>
}

function createBell(): Bell {
  let heard = false
  let hear: (() => void) | undefined
  function ring(): void {
    heard = true
    hear?.()
  }
  return {
    ring,
    async rung(atMost) {
      const timer = atMost === undefined ? undefined : setTimeout(ring, atMost)
      if (!heard) {
        await new Promise<void>((resolve) => {
          hear = resolve
        })
      }
      clearTimeout(timer)
      heard = false
      hear = undefined
    },
  }
}
