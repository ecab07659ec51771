/** What went wrong with a sign-in, in words for a person, without a secret and without what a stranger wrote at length. */
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import { shortened } from '../../redact.ts'
import { masked } from '../../secrets.ts'

/** Somebody has to sign in before the upstream lets us in, or lets us do what was asked. */
export class SignInNeeded extends Failure {
  constructor(message: string, upstream: string) {
    super('upstream_away', message, { data: { upstream, sign_in: true } })
  }
}

/** The longest text of a stranger that is repeated, in characters. */
const shown = 300
/** Shorter values may stand in a text for another reason. */
const shortestSecret = 6

/** The SDK repeats an answer that it does not understand; the status before it says enough. */
const rawAnswer = /: Invalid OAuth error response: .*/s

/** @param secrets what the other side may have repeated */
export function inWords(error: unknown, secrets: readonly (string | null | undefined)[] = []): string {
  const long = secrets.filter((secret): secret is string => (secret?.length ?? 0) >= shortestSecret)
  const reason = reasonOf(error).replace(rawAnswer, '')
  const text = long.reduce((said, secret) => said.replaceAll(secret, masked), reason)
  return shortened(text.replaceAll(/[\p{Cc}\s]+/gu, ' '), shown)
}

/** Codes of RFC 6749 by which an authorization server says that what we have is worth nothing, and that asking again is no use. */
const over = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client'])

/** That code, where it is one. */
export function endingIn(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && over.has(code) ? code : undefined
}
