/** People of this server who let a client act in their name: they sign in, are asked, and what they answer becomes a grant. */
import type { Caller } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Box } from '../keys/box.ts'
import type { LiveGrant } from '../store/grants.ts'
import type { User } from '../store/people.ts'
import type { Ask } from './ask.ts'
import * as consent from './consent.ts'
import type { Grants } from './grants.ts'
import { allowedFor, grantable } from './scopes.ts'
import type { Account } from './words.ts'

/** @throws Failure `unauthorized`, `limited` after too many tries */
export type CheckAccount = (account: Account, address: string | null) => Promise<User>

export interface Answered {
  readonly ask: Ask
  /** Undefined where the person said no. */
  readonly code?: string
}

export interface OwnAccounts {
  /**
   * @returns what to ask this person, and the same sealed, to come back with the answer
   * @throws Failure as CheckAccount does; `forbidden` where the program asks for nothing that this person may give
   */
  signIn(account: Account, ask: Ask, address: string | null): Promise<{ question: consent.Question; sealed: string }>
  /**
   * @param given the scopes that were left ticked; undefined for no
   * @throws Failure `invalid_params` for a question that is none, or too old; `conflict` where it was answered before
   */
  answer(sealed: string, given: readonly string[] | undefined, address: string | null): Promise<Answered>
}

export function createOwnAccounts({ check, grants, box }: { check: CheckAccount; grants: Grants; box: Box }): OwnAccounts {
  return {
    async signIn(account, ask, address) {
      const user = await check(account, address)
      const scopes = allowedFor(user.role, ask.scopes)
      if (scopes.length === 0)
        throw new Failure(
          'forbidden',
          `this program asks for ${ask.scopes.join(', ')}, which ${user.name} (${user.role}) may not give`,
        )
      const question = consent.newQuestion(user, ask, scopes)
      return { question, sealed: consent.seal(box, question) }
    },
    async answer(sealed, given, address) {
      const question = consent.open(box, sealed)
      const { ask } = question
      const scopes = question.scopes.filter((scope) => given?.includes(scope))
      if (scopes.length === 0) return { ask }
      const code = await grants.agree(question, scopes, address)
      if (code === undefined)
        throw new Failure('conflict', 'this page was answered already, or your account is out of force: connect again')
      return { ask, code }
    },
  }
}

const callers = new WeakMap<LiveGrant, Caller>()

/**
 * Who calls with a token of this grant: the person, with what was given, as far as their role still allows it.
 * @param scopes that the token is for, where that is less
 */
export function callerOf(grant: LiveGrant, user: User, scopes: readonly string[] = grant.scopes): Caller {
  const known = callers.get(grant)
  if (known) return known
  const given = grant.scopes.filter((scope) => scopes.includes(scope))
  const caller: Caller = {
    id: `user:${user.id}`,
    name: user.name,
    scopes: allowedFor(user.role, given),
    role: user.role,
    claims: { client_id: grant.clientId },
    grantable: allowedFor(user.role, grantable),
  }
  callers.set(grant, caller)
  return caller
}
