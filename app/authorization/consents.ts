/** Which clients may act in whose name, for those who look after that: people see what they gave themselves, admins see everything. */
import { actorOf } from '../actor.ts'
import type { Caller } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Grant, GrantStore, LiveGrant } from '../store/grants.ts'
import { isDocumentId } from './documents.ts'

export interface ConsentView {
  readonly id: string
  /** How the client calls itself; null where it did not say. */
  readonly client: string | null
  /** Where its description stands; null for one that registered itself. */
  readonly client_url: string | null
  readonly person: string
  /** The upstream whose account it is; null for an account of this server. */
  readonly account_of: string | null
  readonly scopes: readonly string[]
  readonly created_at: string
  /** When the client got its newest token. */
  readonly renewed_at: string | null
  /** Until when it may get another. */
  readonly expires_at: string
}

export interface Consents {
  list(caller: Caller): Promise<ConsentView[]>
  /**
   * Nothing can be done with it from now on here, and within five seconds on every replica.
   * @throws Failure `invalid_arguments` where there is none of this id, or it is somebody else's; `forbidden` for a client that acts in a name
   */
  revoke(id: string, caller: Caller): Promise<ConsentView>
}

/** @param forget called with what was ended, so that nobody remembers it here */
export function createConsents(store: GrantStore, forget: (grant: Grant) => void): Consents {
  const holderOf = ({ scopes, id }: Caller) => (scopes.includes('admin') ? undefined : id)

  return {
    async list(caller) {
      const grants = await store.list(holderOf(caller))
      return grants.map(viewOf)
    },
    async revoke(id, caller) {
      if (caller.grantable && !caller.scopes.includes('admin'))
        throw new Failure('forbidden', 'a program that acts in a name cannot end what others were given: use the panel')
      const grant = /^[\da-f-]{36}$/i.test(id) ? await store.revoke(id, actorOf(caller), holderOf(caller)) : undefined
      if (!grant) throw new Failure('invalid_arguments', 'you gave nothing of this id: the command grants shows what there is')
      forget(grant)
      return viewOf(grant)
    },
  }
}

const viewOf = (grant: LiveGrant): ConsentView => ({
  id: grant.id,
  client: grant.clientName,
  client_url: isDocumentId(grant.clientId) ? grant.clientId : null,
  person: grant.user?.name ?? grant.username,
  account_of: grant.userId ? null : grant.realm,
  scopes: grant.scopes,
  created_at: grant.createdAt.toISOString(),
  renewed_at: grant.rotatedAt?.toISOString() ?? null,
  expires_at: grant.refreshExpiresAt.toISOString(),
})
