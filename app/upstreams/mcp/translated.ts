/** What went wrong with an upstream, as a Failure that begins with its name. */
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { reasonOf } from '../../reason.ts'
import { Gone, Refused } from './peer.ts'
import { urlElicitationRequired } from './url-questions.ts'

/** MissingRequiredClientCapability of 2026-07-28. */
const lacksAbility = -32021

/** @param method the MCP method that was asked for: the same code of an upstream means different things for different ones */
export function translated(name: string, problem: unknown, method: string): Failure {
  if (problem instanceof Failure) return problem
  if (problem instanceof Gone) return new Failure('upstream_away', `${name}: ${problem.message}`, { cause: problem })
  if (!(problem instanceof Refused)) return new Failure('upstream_away', `${name}: ${reasonOf(problem)}`, { cause: problem })
  const { code, message, data } = problem
  if (code === urlElicitationRequired && isObject(data))
    return new Failure('page_required', `${name}: ${message}`, { data: { ...data, upstream: name } })
  if (code === lacksAbility && isObject(data))
    return new Failure('client_lacks', `${name}: ${message}`, { data: { ...data, upstream: name } })
  return new Failure(codeFor(method, code), `${name}: ${message || `error ${code} without a text`}`, {
    data: { upstream: name, upstream_code: code, ...(data === undefined ? {} : { upstream_data: data }) },
    cause: problem,
  })
}

const aboutResources = new Set(['resources/read', 'resources/subscribe'])

/** Unknown resources are -32002 up to 2025-11-25 and -32602 since. */
function codeFor(method: string, code: number): 'unknown_resource' | 'invalid_params' | 'upstream_failed' {
  if (aboutResources.has(method) && (code === -32002 || code === -32602)) return 'unknown_resource'
  if (method === 'prompts/get' && code === -32602) return 'invalid_params'
  return 'upstream_failed'
}
