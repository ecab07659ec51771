/**
 * Tells a client over HTTP that the person has to let it do more (MCP 2025-11-25, scope challenge; RFC 6750, section 3.1): with 403, before
 * anything of an answer has been said. Only for those who could be given more; others get the same refusal as an answer to their request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller, Kind } from '../call.ts'
import { Failure, toFailure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { idOf, shapeOf } from '../mcp/message.ts'
import { isModern } from '../mcp/stateless.ts'
import { scopeToLearn } from '../scopes.ts'
import type { Yard } from '../yard.ts'
import { replyFailure } from './reply.ts'

const named: Readonly<Record<string, readonly [Kind, string]>> = {
  'tools/call': ['tool', 'name'],
  'prompts/get': ['prompt', 'name'],
  'resources/read': ['resource', 'uri'],
}

/**
 * Refuses what this caller lacks a scope for and could have it. The refusal goes the way of every call, so the history has it.
 * @returns whether there is an answer now
 */
export async function askedForMore(
  yard: Yard,
  message: unknown,
  caller: Caller,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<boolean> {
  const wish = lacking(yard, message, caller)
  if (!wish) return false
  try {
    await yard.switch.call(wish)
    return false
  } catch (error) {
    const { code, message: said, data } = toFailure(error)
    const more = { ...data, resource_metadata: yard.metadata?.(incoming) }
    replyFailure(outgoing, Failure.again(code, said, { data: more, cause: error }), yard.log, idOf(message), isModern(message))
    return true
  }
}

function lacking({ catalog }: Yard, message: unknown, caller: Caller) {
  if (shapeOf(message) !== 'request') return undefined
  const { method, params } = message as { method: string; params?: unknown }
  const [kind, member] = (Object.hasOwn(named, method) && named[method]) || []
  const name = isObject(params) && member !== undefined ? params[member] : undefined
  if (kind === undefined || typeof name !== 'string') return undefined
  const who = { caller, via: 'http' } as const
  const scope = catalog.find(kind, name, who)?.scope ?? scopeToLearn(kind)
  if (caller.scopes.includes(scope) || !caller.grantable?.includes(scope)) return undefined
  const values = isObject(params) && isObject(params.arguments) ? params.arguments : undefined
  return { kind, name, arguments: values, ...who }
}
