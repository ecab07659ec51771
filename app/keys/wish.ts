/** What somebody may ask for who wants a key. */
import type { Scope } from '../call.ts'
import { Failure } from '../errors.ts'
import { allScopes } from '../scopes.ts'

export interface KeyWish {
  /** Tells people whose key it is; no two that are in force share one. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Patterns of the tools that it may see and call, `*` for any text; all that its scopes allow without them. */
  readonly tools?: readonly string[]
  /** Calls that it may make in one window of the rate limit, where that differs from the setting. */
  readonly rate?: number
  /** Milliseconds from now; null is for ever. */
  readonly life: number | null
}

export const day = 86_400_000
/** Days that a key lives unless somebody said otherwise, and at most. */
export const usualDays = 90
export const mostDays = 3_650
/** Patterns of one key, and calls a window. */
export const mostPatterns = 100
export const mostRate = 1_000_000

/** The wish as it is kept: scopes in their order, each once. Throws Failure `invalid_arguments`. */
export function checkWish({ name, scopes, tools, rate, life }: KeyWish): KeyWish {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u.test(name)) {
    throw wrong(
      'the name of a key must be 1 to 64 letters, digits, dots, dashes, underscores or @, and begin with a letter or digit',
    )
  }
  if (scopes.length === 0 || scopes.some((scope) => !allScopes.includes(scope))) {
    throw wrong(`the scopes of a key must be some of ${allScopes.join(', ')}`)
  }
  if (tools && (tools.length === 0 || tools.length > mostPatterns || tools.some((pattern) => !isPattern(pattern)))) {
    throw wrong(
      `the tools of a key must be 1 to ${mostPatterns} names or patterns such as erp_* (1 to 200 characters, * for any text, no spaces)`,
    )
  }
  if (rate !== undefined && !(Number.isInteger(rate) && rate >= 1 && rate <= mostRate)) {
    throw wrong(`the rate of a key must be 1 to ${mostRate} calls a window, got ${rate}`)
  }
  if (life !== null && !(life > 0 && life <= mostDays * day)) {
    throw wrong(`a key must expire within ${mostDays} days, or never`)
  }
  return { name, scopes: allScopes.filter((scope) => scopes.includes(scope)), tools, rate, life }
}

/** Names of tools, and URIs of resources: nothing in them is a space. */
const isPattern = (text: string): boolean => /^[^\s\p{C}]{1,200}$/u.test(text)

const wrong = (message: string) => new Failure('invalid_arguments', message)
