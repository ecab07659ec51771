/**
 * Whether whoever has called may still call: by their id, where the request whose credential could be looked at is over. Keys and accounts can be
 * taken back; of anybody else there is nothing to look up.
 */
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import type { Keys } from './keys.ts'
import type { Tokens } from './tokens.ts'

/** @throws Failure `unauthorized` where they may not, or have another role than when they called; `unavailable` where nobody can tell now */
export type CheckInForce = (caller: Caller) => Promise<void>

export const createCheckInForce = (keys: Pick<Keys, 'requireActive'>, tokens: Pick<Tokens, 'requireAccount'>): CheckInForce =>
  async function checkInForce(caller) {
    const [kind, id = ''] = caller.id.split(':', 2)
    if (kind === 'key') await keys.requireActive(id)
    else if (kind === 'user') {
      const { role } = await tokens.requireAccount(id)
      if (role !== caller.role) throw new Failure('unauthorized', 'the role of this account has changed: call again')
    }
  }
