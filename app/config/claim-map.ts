/** What the values of claims mean here: `auth.oidc.scope_map` and `auth.oidc.roles`. */
import type { Scope } from '../call.ts'
import { isObject } from '../is-object.ts'
import { type Role, roles } from '../roles.ts'
import { allScopes } from '../scopes.ts'
import type { Shape } from './shapes.ts'

/** By the value of a claim. */
export type ScopeMap = Readonly<Record<string, readonly Scope[]>>
export type RoleMap = Readonly<Record<string, Role>>

export const claimMap = {
  /** Scopes come out in their order, each once. */
  toScopes: mapping<readonly Scope[]>(
    `a mapping of values to scopes, such as { mcp-users: [read, call] }; the scopes are ${allScopes.join(', ')}`,
    (value) => {
      const wanted = typeof value === 'string' ? value.split(/[\s,]+/) : value
      if (!Array.isArray(wanted) || wanted.length === 0 || wanted.some((scope) => !allScopes.includes(scope))) return undefined
      return allScopes.filter((scope) => wanted.includes(scope))
    },
  ),
  toRole: mapping<Role>(
    `a mapping of values to roles, such as { mcp-admins: admin }; the roles are ${roles.join(', ')}`,
    (value) => roles.find((role) => role === value),
  ),
}

/** A mapping in a file, the same as JSON in a variable. */
function mapping<T>(expected: string, readValue: (value: unknown) => T | undefined): Shape<Readonly<Record<string, T>>> {
  return {
    expected,
    read(raw) {
      const tree = typeof raw === 'string' ? parsed(raw) : raw
      if (!isObject(tree)) return undefined
      const entries = Object.entries(tree).map(([name, value]) => [name, readValue(value)] as const)
      return entries.every((entry): entry is readonly [string, T & {}] => entry[1] !== undefined)
        ? Object.fromEntries<T>(entries)
        : undefined
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
