/** What somebody may ask for who wants a key. */
import type { Scope } from '../call.ts'
import { Failure } from '../errors.ts'

export interface KeyWish {
  /** Tells people whose key it is; no two that are in force share one. */
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Milliseconds from now; null is for ever. */
  readonly life: number | null
}

export const allScopes: readonly Scope[] = ['read', 'call', 'admin', 'register']
export const usualScopes: readonly Scope[] = ['read', 'call']

export const day = 86_400_000
/** Days that a key lives unless somebody said otherwise, and at most. */
export const usualDays = 90
export const mostDays = 3_650

/** The wish as it is kept: scopes in their order, each once. Throws Failure `invalid_arguments`. */
export function checkWish({ name, scopes, life }: KeyWish): KeyWish {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u.test(name)) {
    throw wrong(
      'the name of a key must be 1 to 64 letters, digits, dots, dashes, underscores or @, and begin with a letter or digit',
    )
  }
  if (scopes.length === 0 || scopes.some((scope) => !allScopes.includes(scope))) {
    throw wrong(`the scopes of a key must be some of ${allScopes.join(', ')}`)
  }
  if (life !== null && !(life > 0 && life <= mostDays * day)) {
    throw wrong(`a key must expire within ${mostDays} days, or never`)
  }
  return { name, scopes: allScopes.filter((scope) => scopes.includes(scope)), life }
}

const wrong = (message: string) => new Failure('invalid_arguments', message)
