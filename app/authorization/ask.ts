/** What a client asks for at `/authorize`, checked in the order that decides who may be told of an error (RFC 6749, section 4.1.2.1). */
import { redirectFault } from './redirects.ts'

export interface Ask {
  readonly clientId: string
  readonly redirectUri: string
  readonly challenge: string
  readonly state: string | undefined
}

/** What was wrong: said to the person where the client cannot be trusted with it, else to the client. */
export type Asked =
  | { readonly ask: Ask }
  | { readonly page: string }
  | {
      readonly back: {
        readonly redirectUri: string
        readonly state?: string
        readonly error: string
        readonly description: string
      }
    }

/** Clients are public programs: they all have this id, as the systems that we take the place of gave it. */
export const publicClient = 'mcp-public-client'

/** @param self our own address, which is the only thing that tokens of ours are for (RFC 8707) */
export function readAsk(params: URLSearchParams, { allowed, self }: { allowed: readonly string[]; self: string }): Asked {
  const get = (name: string) => params.get(name) ?? ''
  const redirectUri = get('redirect_uri')
  if (get('client_id') !== publicClient)
    return { page: 'This program is not known here. It has to register first; its maker knows how (RFC 7591).' }
  const fault = redirectUri ? redirectFault(redirectUri, allowed) : 'redirect_uri is missing'
  if (fault) return { page: `This program cannot be answered: ${fault}.` }
  const state = params.get('state') ?? undefined
  const back = (error: string, description: string): Asked => ({ back: { redirectUri, state, error, description } })
  if (get('response_type') !== 'code') return back('unsupported_response_type', 'response_type must be code')
  const challenge = get('code_challenge')
  if (get('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))
    return back('invalid_request', 'a code_challenge is needed, with code_challenge_method S256')
  if (params.getAll('resource').some((resource) => !isOurs(resource, self)))
    return back('invalid_target', `resource must be at ${self}`)
  if ((state?.length ?? 0) > 2_000) return back('invalid_request', 'state must be at most 2000 characters')
  return { ask: { clientId: publicClient, redirectUri, challenge, state } }
}

/** Whether a resource (RFC 8707) is this server. */
export const isOurs = (resource: string, self: string): boolean =>
  URL.canParse(resource) && new URL(resource).origin === new URL(self).origin

/** Back to the client, with what there is to say. */
export function backTo(redirectUri: string, said: Record<string, string | undefined>): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(said)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}
