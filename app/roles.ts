/** The roles of people, and what each may do on every way in. */
import type { Scope } from './call.ts'

/** The one that may do most first. */
export const roles = ['admin', 'operator', 'viewer'] as const
export type Role = (typeof roles)[number]

export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  admin: ['read', 'call', 'admin'],
  operator: ['read', 'call'],
  viewer: ['read'],
}
