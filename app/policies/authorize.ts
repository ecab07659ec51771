/** Lets a call pass only when the caller has the scope that the command needs. Lists hide what is refused here; hiding is courtesy, this is the check. */
import type { Policy } from '../call.ts'
import { Failure } from '../errors.ts'

export const authorize = (): Policy => (next) =>
  function authorized(call) {
    const { command, caller } = call
    if (caller.scopes.includes(command.scope)) return next(call)
    return Promise.reject(
      new Failure(
        'forbidden',
        `${command.name} needs the ${command.scope} scope; ${caller.name} has ${caller.scopes.join(', ') || 'none'}`,
      ),
    )
  }
