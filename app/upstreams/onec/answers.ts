/** What a base answers with, told apart: a result, or an error that is put into a sentence. */
import type { Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { shortText } from './short-text.ts'

/** Which request an answer is to. */
export interface Asked {
  /** Of the upstream. */
  readonly name: string
  readonly method: string
  /** `tools/call list_orders` */
  readonly what: string
  readonly id: number
  readonly params: Json
  /** `performance.now()` */
  readonly began: number
}

/** Whether a base that answers like this does not know the method. */
export const isUnknownMethod = (error: unknown): boolean => error instanceof Failure && error.data?.upstream_code === -32601

/** Whether the base itself has answered with an error: it is there, and means it. */
export const isRefusal = (error: unknown): boolean => error instanceof Failure && error.data?.upstream_code !== undefined

export const secondsSince = (began: number): number => Math.round((performance.now() - began) / 100) / 10

/** The result. Throws a Failure whose text names the method and the seconds, and holds nothing of the base's code. */
export function resultIn(answer: unknown, asked: Asked): unknown {
  if (answer === undefined) throw wrongAnswer(asked, 'came back without an answer')
  if (!isObject(answer)) throw wrongAnswer(asked, 'came back with what is no JSON-RPC answer')
  if (answer.error !== undefined && answer.error !== null) throw refusal(answer.error, asked)
  if (answer.id !== undefined && answer.id !== null && String(answer.id) !== String(asked.id))
    throw wrongAnswer(asked, 'came back with the answer to another request')
  if (answer.result === undefined) throw wrongAnswer(asked, 'came back with neither a result nor an error')
  return answer.result
}

/** A sentence about a request that came to nothing. */
export const sentence = ({ name, what, began }: Pick<Asked, 'name' | 'what' | 'began'>, words: string): string =>
  `${name}: ${what} ${words} (after ${secondsSince(began)} s)`

const wrongAnswer = (asked: Asked, words: string): Failure =>
  new Failure('upstream_failed', sentence(asked, words), { data: { method: asked.method, seconds: secondsSince(asked.began) } })

function refusal(error: unknown, asked: Asked): Failure {
  const { code, message } = isObject(error) ? error : { code: undefined, message: error }
  const text = shortText(typeof message === 'string' ? message : '')
  const words = `failed: ${text || 'the base does not say why'}`
  const data = { method: asked.method, seconds: secondsSince(asked.began), upstream_code: code ?? null }
  if (code === -32002 && asked.method === 'resources/read')
    return new Failure('unknown_resource', sentence(asked, words), { data: { ...data, uri: asked.params.uri }, cause: error })
  return new Failure('upstream_failed', sentence(asked, words), { data, cause: error })
}
