/**
 * Lets a call pass only when the caller has the scope that the command needs, and no rule says no to these arguments. Lists hide what is
 * refused here; hiding is courtesy, this is the check.
 */
import type { Access } from '../access.ts'
import type { Caller, Policy, Scope } from '../call.ts'
import { Failure } from '../errors.ts'

export const authorize =
  (access: Access): Policy =>
  (next) =>
    function authorized(call) {
      const { command, caller } = call
      if (caller.scopes.includes(command.scope)) {
        try {
          access.admit(command, call, call.arguments)
        } catch (failure) {
          return Promise.reject(failure)
        }
        return next(call)
      }
      return Promise.reject(
        new Failure(
          'forbidden',
          `${command.name} needs the ${command.scope} scope; ${caller.name} has ${caller.scopes.join(', ') || 'none'}`,
          moreFor(caller, command.scope),
        ),
      )
    }

/** What a client would have to ask the person for: what it has, and what is missing (MCP 2025-11-25, step-up). */
function moreFor({ scopes, grantable }: Caller, missing: Scope) {
  return grantable?.includes(missing) ? { data: { scope: [...scopes, missing].join(' ') } } : undefined
}
