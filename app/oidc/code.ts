/** The code that a browser brought back, exchanged for tokens (RFC 6749, section 4.1.3; OpenID Connect Core 1.0, section 9). */
import type { Json } from '../call.ts'
import { shortened } from '../redact.ts'
import { askProvider } from './ask.ts'
import { type Provider, placeIn } from './provider.ts'

export interface Redeemed {
  readonly provider: Provider
  readonly clientId: string
  /** Null for a client without one: PKCE protects the code then. */
  readonly clientSecret: string | null
  readonly code: string
  /** Of PKCE. */
  readonly verifier: string
  /** The same as when the sign-in began. */
  readonly redirectUrl: string
}

/** @returns what the provider answers with @throws Error with what it says, where it refuses */
export async function redeem({ provider, clientId, clientSecret, code, verifier, redirectUrl }: Redeemed): Promise<Json> {
  const metadata = await provider.metadata.get()
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUrl,
    code_verifier: verifier,
  })
  const headers: Record<string, string> = {}
  if (clientSecret === null) form.set('client_id', clientId)
  else if (takesOnlyForms(metadata)) {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  } else headers.authorization = basic(clientId, clientSecret)
  const { status, body } = await askProvider(placeIn(metadata, 'token_endpoint'), { method: 'POST', headers, body: form })
  if (status === 200) return body
  const { error, error_description: description } = body
  throw new Error(
    `the provider refuses the code with ${status}: ${shortened(String(error), 100)} ${shortened(String(description ?? ''), 200)}`,
  )
}

/** Where nothing is said, it is client_secret_basic. */
function takesOnlyForms({ token_endpoint_auth_methods_supported: methods }: Json): boolean {
  return Array.isArray(methods) && methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
}

/** Both are form-encoded before they are put together (RFC 6749, section 2.3.1). */
function basic(id: string, secret: string): string {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`
}
