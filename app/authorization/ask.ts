/** What a client asks for at `/authorize`, checked in the order that decides who may be told of an error (RFC 6749, section 4.1.2.1). */
import type { Scope } from '../call.ts'
import { type Client, redirectFaultFor } from './clients.ts'
import { askedIn } from './scopes.ts'

export interface Ask {
  readonly client: Pick<Client, 'id' | 'kind' | 'name'>
  readonly redirectUri: string
  readonly challenge: string
  readonly state?: string
  readonly scopes: readonly Scope[]
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

export interface AskOptions {
  /** Undefined where nobody knows it. */
  readonly client: Client | undefined
  /** Web addresses that codes may be sent to. */
  readonly allowed: readonly string[]
  /** Our own address, which is the only thing that tokens of ours are for (RFC 8707). */
  readonly self: string
}

const once = ['client_id', 'redirect_uri', 'response_type', 'code_challenge', 'code_challenge_method', 'state', 'scope']

export function readAsk(params: URLSearchParams, { client, allowed, self }: AskOptions): Asked {
  const get = (name: string) => params.get(name) ?? ''
  const redirectUri = get('redirect_uri')
  const twice = once.find((name) => params.getAll(name).length > 1)
  if (twice) return { page: `This program asks in a way that can be read in two: ${twice} is there more than once.` }
  if (!client)
    return {
      page: 'This program is not known here, or not any more. It has to register again; most do when they are told to connect anew.',
    }
  const fault = redirectUri ? redirectFaultFor(client, redirectUri, allowed) : 'redirect_uri is missing'
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
  const { id, kind, name } = client
  return { ask: { client: { id, kind, name }, redirectUri, challenge, state, scopes: askedIn(params.get('scope')) } }
}

/** Whether a resource (RFC 8707) is this server, or a path of it. */
export function isOurs(resource: string, self: string): boolean {
  if (!URL.canParse(resource)) return false
  const { origin, pathname } = new URL(resource)
  const own = new URL(self)
  const base = own.pathname.replace(/\/+$/, '')
  return origin === own.origin && (pathname === base || pathname.startsWith(`${base}/`))
}

/** Back to the client, with what there is to say. */
export function backTo(redirectUri: string, said: Record<string, string | undefined>): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(said)) if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}
