/**
 * Whether whoever has called may still call: by their id, where the request whose credential could be looked at is over. Keys and accounts can be
 * taken back; of anybody else there is nothing to look up.
 */
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import type { Keys } from './keys.ts'
import { mayStill } from './rights.ts'
import { scopesOfRole } from './roles.ts'
import type { Tokens } from './tokens.ts'

/** @throws Failure `unauthorized` where they may not, or may do less than when they called; `unavailable` where nobody can tell now */
export type CheckInForce = (caller: Caller) => Promise<void>

export const createCheckInForce = (keys: Pick<Keys, 'requireActive'>, tokens: Pick<Tokens, 'requireAccount'>): CheckInForce =>
  async function checkInForce(caller) {
    const [kind, id = ''] = caller.id.split(':', 2)
    if (kind === 'key') await keys.requireActive(id)
    else if (kind === 'user') {
      const { role } = await tokens.requireAccount(id)
      // What it came with may have been given for less than its role may do.
      const now: Caller = { ...caller, role, scopes: caller.scopes.filter((scope) => scopesOfRole[role].includes(scope)) }
      if (!mayStill(now, caller)) throw new Failure('unauthorized', 'this account may do less than before: call again')
    }
  }
