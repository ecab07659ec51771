/** The second half of a person's sign-in: the browser has come back from the authorization server. */
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type Begun, clientSecretOf } from './account.ts'
import { redeem } from './grants.ts'
import { sdk } from './sdk.ts'
import type { Vault } from './vault.ts'
import { inWords } from './words.ts'

/**
 * Any process with the same database can do it, whichever began it.
 * @param query what the browser brought along
 * @returns the name of the upstream
 * @throws Failure in words for the person
 */
export async function finishSignIn(query: URLSearchParams, vault: Vault, log: Log): Promise<string> {
  const state = query.get('state')
  const begun = state ? await vault.take(state) : undefined
  if (!begun) {
    throw new Failure('invalid_params', 'this sign-in was not begun here, is over, or took more than ten minutes: begin it again')
  }
  const { server, authority, client, redirectUrl, actor } = begun
  try {
    const code = query.get('code')
    const iss = query.get('iss') ?? undefined
    if (code === null) throw await refusal(begun, query, iss)
    const tokens = await redeem(begun, code, iss)
    await vault.write(server, { authority, client, redirectUrl, tokens }, actor)
    log.info('signed in', { upstream: server.name, actor, issuer: authority.issuer })
    return server.name
  } catch (error) {
    const reason = inWords(error, [clientSecretOf(client), begun.verifier, query.get('code'), state])
    log.warn('sign-in failed', { upstream: server.name, actor, reason })
    if (error instanceof Failure && error.code !== 'failed') throw error
    throw new Failure('failed', `the sign-in at ${server.name} did not work: ${reason}`, { data: { upstream: server.name } })
  }
}

/** What an authorization server says is only repeated when it is the one that was asked. */
async function refusal({ authority: { metadata } }: Begun, query: URLSearchParams, iss: string | undefined): Promise<Error> {
  const { validateAuthorizationResponseIssuer } = await sdk()
  validateAuthorizationResponseIssuer({
    iss,
    expectedIssuer: metadata?.issuer,
    issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
  })
  const error = query.get('error')
  if (!error) return new Error('the browser came back without a code')
  const description = query.get('error_description')
  return new Error(`the authorization server says ${error}${description ? `: ${description}` : ''}`)
}
