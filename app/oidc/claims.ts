/** What claims mean here: scopes, a role, a name, and which of them are kept for rules. */
import type { Json, Scope } from '../call.ts'
import type { RoleMap, ScopeMap } from '../config/claim-map.ts'
import { isObject } from '../is-object.ts'
import { type Role, roles } from '../roles.ts'
import { allScopes } from '../scopes.ts'

/** Claims of OAuth whose value is a text with words in it (RFC 8693, section 4.2, and the same as some products call it). */
const inWords = ['scope', 'scp']
/** Bytes of JSON. */
const mostKept = 4_096
/** About this one token, not about its holder. */
const passing = ['exp', 'nbf', 'iat', 'jti', 'nonce', 'at_hash', 'c_hash', 'auth_time']

/** All values of these claims; a name with dots is also a way into a claim. */
export function valuesOf(claims: Json, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = claimOf(claims, name)
    if (typeof value === 'string') return inWords.includes(name) ? value.split(' ') : [value]
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  })
}

function claimOf(claims: Json, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let at: unknown = claims
  for (const word of name.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, word)) return undefined
    at = at[word]
  }
  return at
}

/** In their order, each once; none where no value means anything. */
export function scopesOf(values: readonly string[], map: ScopeMap): Scope[] {
  const given = new Set(values.flatMap((value) => (Object.hasOwn(map, value) ? map[value]! : [])))
  return allScopes.filter((scope) => given.has(scope))
}

/** The one that may do most. */
export function roleOf(values: readonly string[], map: RoleMap): Role | undefined {
  const given = new Set(values.flatMap((value) => (Object.hasOwn(map, value) ? [map[value]!] : [])))
  return roles.find((role) => given.has(role))
}

/** What people are shown: one line, not too long. */
export function nameOf(claims: Json, name: string): string {
  const value = claimOf(claims, name)
  const text = typeof value === 'string' ? value.replace(/\p{C}/gu, '').trim() : ''
  return (text || String(claims.sub)).slice(0, 100)
}

/**
 * The claims that rules may look at: those that `first` names, then the others, the small ones first, until 4 KiB are full.
 * @returns them, and the names of those that had no room
 */
export function keptOf(claims: Json, first: readonly string[]): { readonly kept: Json; readonly leftOut: string[] } {
  const important = new Set(first.flatMap((name) => [name, name.split('.')[0]!]))
  const entries = Object.entries(claims)
    .filter(([name]) => !passing.includes(name))
    .map(([name, value]) => ({
      name,
      value,
      size: Buffer.byteLength(JSON.stringify({ [name]: value })),
      first: important.has(name),
    }))
    .sort((one, other) => Number(other.first) - Number(one.first) || one.size - other.size)
  let room = mostKept
  const kept: [string, unknown][] = []
  const leftOut: string[] = []
  for (const { name, value, size } of entries) {
    if (size > room) {
      leftOut.push(name)
      continue
    }
    room -= size
    kept.push([name, value])
  }
  return { kept: Object.fromEntries(kept), leftOut }
}
