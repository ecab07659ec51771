/** What a caller may do now, against what it might do when it opened something: what was given to it, or its role, may be another by now. */
import type { Caller } from './call.ts'

/** Whether it may do exactly the same. */
export function haveSameRights(one: Caller, other: Caller): boolean {
  if (one === other) return true
  return (
    one.id === other.id &&
    isSame(one.scopes, other.scopes) &&
    one.role === other.role &&
    isSame(one.tools, other.tools) &&
    one.rate === other.rate &&
    (one.claims === other.claims || JSON.stringify(one.claims) === JSON.stringify(other.claims))
  )
}

/**
 * Whether it may still do all of it. Who may do less opens it anew, and sees what is left.
 * @param now as its credential says today @param then as it was
 */
export function mayStill(now: Caller, then: Caller): boolean {
  if (now === then) return true
  return (
    now.id === then.id &&
    now.role === then.role &&
    then.scopes.every((scope) => now.scopes.includes(scope)) &&
    hasAll(now.tools, then.tools)
  )
}

function isSame(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index])
}

/** Without patterns, everything. */
function hasAll(now: Caller['tools'], then: Caller['tools']): boolean {
  if (now === undefined) return true
  return then?.every((pattern) => now.includes(pattern)) ?? false
}
