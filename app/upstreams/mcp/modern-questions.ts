/** What a server of 2026-07-28 asks in a result. */
import type { Json, Questions } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { Refused } from './peer.ts'

/** Throws Refused for what is no question. */
export function questionsIn({ inputRequests }: Json): Questions {
  if (inputRequests === undefined) return {}
  if (!isObject(inputRequests)) throw new Refused({ code: -32603, message: 'inputRequests is no object' })
  for (const question of Object.values(inputRequests)) {
    if (!isObject(question) || typeof question.method !== 'string')
      throw new Refused({ code: -32603, message: 'a question has no method' })
  }
  return inputRequests as unknown as Questions
}
