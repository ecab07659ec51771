/** Whether somebody who comes again may do the same as before: what was given to them, or their role, may be another now. */
import type { Caller } from './call.ts'

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

function isSame(one: readonly string[] = [], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index])
}
