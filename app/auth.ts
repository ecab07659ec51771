/** A credential becomes a Caller, in one place for all surfaces. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import { usualScopes } from './scopes.ts'

/** Knows one kind of credential. Undefined means: not one of mine, or not valid. */
export type Verify = (credential: string) => Promise<Caller | undefined>

/** What is looked at of a request. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders
  readonly socket: Socket
  /** The path that is asked for. */
  readonly url?: string
}

/** Who calls without a credential, where none is needed. */
const local: Caller = { id: 'local', name: 'local', scopes: ['read', 'call', 'register'] }

export interface IdentifyOptions {
  /** Who needs no credential (on a loopback address, auth.mode auto): then the caller is `local`, without admin rights. */
  readonly open: (request: Credentials) => boolean
  /** Asked in this order. */
  readonly verifiers: readonly Verify[]
  /** Whose client certificate a connection has, where clients are asked for one. A credential in a header goes before it. */
  readonly holderOf?: (connection: Socket) => Caller | undefined
  /** Where a client finds out how to get a credential (RFC 9728), if it can get one. */
  readonly metadata?: (request: Credentials) => string
}

/** @returns identify; throws Failure('unauthorized'). A credential that is given must be right, also where none is needed */
export function createIdentify({ open, verifiers, holderOf, metadata }: IdentifyOptions) {
  /** @param error in the words of RFC 6750, where something was sent */
  function refused(request: Credentials, message: string, error?: 'invalid_token'): Failure {
    if (!metadata) return new Failure('unauthorized', message)
    const data = { ...(error ? { error } : {}), scope: usualScopes.join(' '), resource_metadata: metadata(request) }
    return new Failure('unauthorized', message, { data })
  }

  async function verified(credential: string, request: Credentials): Promise<Caller> {
    try {
      for (const verify of verifiers) {
        const caller = await verify(credential)
        if (caller) return caller
      }
    } catch (error) {
      // Whoever knows better why says it; how to get another is said here.
      const told = error instanceof Failure && error.code === 'unauthorized'
      throw told ? refused(request, error.message, 'invalid_token') : error
    }
    throw refused(request, 'this credential is not valid here, or not any more', 'invalid_token')
  }

  return function identify(request: Credentials): Caller | Promise<Caller> {
    const credential = credentialIn(request.headers)
    if (credential !== undefined) return verified(credential, request)
    const holder = holderOf?.(request.socket)
    if (holder) return holder
    if (open(request)) return local
    throw refused(request, 'a credential is required: send Authorization: Bearer ... or X-API-Key')
  }
}

/** What somebody shows in a header; undefined for nothing. Throws Failure `unauthorized` for a header that says something else. */
export function credentialIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer
  if (headers.authorization !== undefined) throw new Failure('unauthorized', 'Authorization must be "Bearer" and a credential')
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
