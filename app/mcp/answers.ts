/** Answers of clients to questions of ours, looked at before anybody relies on them. */
import type { Answers, Json, Question } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'

/** What is wrong with the answer, in a sentence; undefined when nothing is. */
export function answerProblem({ method }: Question, answer: unknown): string | undefined {
  if (!isObject(answer)) return 'it must be an object'
  switch (method) {
    case 'elicitation/create':
      return elicitationProblem(answer)
    case 'sampling/createMessage':
      if (typeof answer.role !== 'string' || typeof answer.model !== 'string') return 'it must have role, content and model'
      return isObject(answer.content) || Array.isArray(answer.content) ? undefined : 'content must be an object or a list'
    case 'roots/list':
      return Array.isArray(answer.roots) && answer.roots.every(isObject) ? undefined : 'roots must be a list of objects'
    default:
      return undefined
  }
}

function elicitationProblem({ action, content }: Json): string | undefined {
  if (action !== 'accept' && action !== 'decline' && action !== 'cancel') return 'action must be accept, decline or cancel'
  return content === undefined || isObject(content) ? undefined : 'content must be an object'
}

/** `params.inputResponses` of 2026-07-28. Throws Failure `invalid_params` for what cannot hold answers. */
export function answersIn(responses: unknown): Answers {
  if (responses === undefined) return {}
  if (!isObject(responses))
    throw new Failure('invalid_params', 'params.inputResponses must be an object: answers by the keys of the questions')
  for (const [key, answer] of Object.entries(responses)) {
    if (!isObject(answer))
      throw new Failure('invalid_params', `params.inputResponses: the answer to ${key.slice(0, 100)} must be an object`)
  }
  return responses as Answers
}
