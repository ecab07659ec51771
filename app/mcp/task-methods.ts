/** The methods by which clients look after their tasks. */
import type { Json } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Task, TaskReplies } from '../store/tool-tasks.ts'
import { answerProblem, answersIn } from './answers.ts'
import type { Handler, Inquiry } from './handlers.ts'
import { completeText, modernText } from './results.ts'
import type { TaskDesk } from './task-desk.ts'
import { createTaskResults } from './task-result.ts'
import { detailedTask, isOver, sessionTask, takesTasks, tasksAbility, tasksRevision } from './task-words.ts'

/** Which eras have a method. */
type Era = 'session' | 'modern' | 'both'

/** @param stopping aborts when the process stops */
export function createTaskMethods(desk: TaskDesk, stopping: AbortSignal): readonly (readonly [string, Handler])[] {
  const find = ({ params, caller }: Inquiry) => desk.find(params.taskId, caller.id)

  async function get(inquiry: Inquiry): Promise<string> {
    const task = await find(inquiry)
    return inquiry.revision === undefined ? modernText(detailedTask(task)) : JSON.stringify(sessionTask(task))
  }

  async function list({ params, caller }: Inquiry): Promise<string> {
    const { tasks, next } = await desk.list(caller.id, params.cursor)
    return JSON.stringify({ tasks: tasks.map(sessionTask), nextCursor: next })
  }

  /** What is over stays as it is: in 2026-07-28 that is no error. */
  async function cancel(inquiry: Inquiry): Promise<string> {
    const task = await find(inquiry)
    const done = !isOver(task) && (await desk.cancel(task))
    if (inquiry.revision === undefined) return completeText('{}')
    const now = await find(inquiry)
    if (!done) throw new Failure('invalid_params', `the task cannot be cancelled: it is over already (${now.status})`)
    return JSON.stringify(sessionTask(now))
  }

  async function update(inquiry: Inquiry): Promise<string> {
    const { inputResponses } = inquiry.params
    if (inputResponses === undefined)
      throw new Failure('invalid_params', 'params.inputResponses is missing: it holds answers by the keys of the questions')
    const answers = answersIn(inputResponses)
    const task = await find(inquiry)
    const replies = repliesTo(task, answers)
    if (Object.keys(replies).length > 0) await desk.reply(task.id, replies)
    return completeText('{}')
  }

  return [
    ['tasks/get', only('both', get)],
    ['tasks/cancel', only('both', cancel)],
    ['tasks/list', only('session', list)],
    ['tasks/result', only('session', createTaskResults(desk, stopping))],
    ['tasks/update', only('modern', update)],
  ]
}

/** Throws Failure `unknown_method` in an era that does not have it, `client_lacks` where the client did not declare the extension. */
function only(era: Era, handler: Handler): Handler {
  return function checked(inquiry) {
    const known = inquiry.revision === undefined ? era !== 'session' : era !== 'modern' && inquiry.revision === tasksRevision
    if (!known) throw new Failure('unknown_method', 'this revision does not have this method')
    if (inquiry.revision === undefined && !takesTasks(inquiry.client.abilities))
      throw new Failure('client_lacks', 'methods of tasks are for clients that declare the extension', {
        data: { requiredCapabilities: tasksAbility },
      })
    return handler(inquiry)
  }
}

/** Answers to what is not asked (any more) are passed over. Throws Failure `invalid_params` for one that cannot be used. */
function repliesTo({ questions }: Task, answers: Readonly<Record<string, Json>>): TaskReplies {
  const known = Object.entries(answers).filter(([key]) => Object.hasOwn(questions, key))
  for (const [key, answer] of known) {
    const problem = answerProblem(questions[key]!, answer)
    if (problem)
      throw new Failure('invalid_params', `params.inputResponses: the answer to ${key.slice(0, 100)} cannot be used: ${problem}`)
  }
  return Object.fromEntries(known.map(([key, answer]) => [key, { answer }]))
}
