/** Adds the arguments that a rule fixes: after the check of what the caller gave, who neither sees them nor may give them. */
import type { Access } from '../access.ts'
import type { Policy } from '../call.ts'

export const supply =
  (access: Access): Policy =>
  (next) =>
    function supplied(call) {
      const more = access.admit(call.command, call, call.arguments)
      if (more) call.supply(more)
      return next(call)
    }
