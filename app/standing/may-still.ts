/** Whether a caller may still do all that it might when it opened something. Who may do less opens it anew, and sees what is left. */
import type { Caller } from '../call.ts'

/** @param now the caller as its credential says today @param then as it was */
export function mayStill(now: Caller, then: Caller): boolean {
  if (now === then) return true
  return (
    now.id === then.id &&
    now.role === then.role &&
    then.scopes.every((scope) => now.scopes.includes(scope)) &&
    hasAll(now.tools, then.tools)
  )
}

/** Without patterns, everything. */
function hasAll(now: Caller['tools'], then: Caller['tools']): boolean {
  if (now === undefined) return true
  return then?.every((pattern) => now.includes(pattern)) ?? false
}
