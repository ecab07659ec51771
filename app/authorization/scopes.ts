/** What a person may let a client do. `register` is nothing that a person does, so nobody can give it. */
import type { Scope } from '../call.ts'
import { type Role, scopesOfRole } from '../roles.ts'
import { usualScopes } from '../scopes.ts'

/** In the order in which they are shown. */
export const grantable: readonly Scope[] = ['read', 'call', 'admin']

/**
 * @param text the parameter `scope` (RFC 6749, section 3.3). Words of other systems are passed over: clients send what they always send
 * @returns in their order, each once
 */
export function askedIn(text: string | null): readonly Scope[] {
  const words = (text ?? '').split(' ')
  const known = grantable.filter((scope) => words.includes(scope))
  return known.length > 0 ? known : usualScopes
}

/** @param role as the database has it: one that nobody knows may nothing */
export const allowedFor = (role: string, scopes: readonly string[]): readonly Scope[] =>
  (scopesOfRole[role as Role] ?? []).filter((scope) => scopes.includes(scope))
