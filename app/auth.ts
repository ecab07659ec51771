/** A credential becomes a Caller, in one place for all surfaces. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'

/** Knows one kind of credential. Undefined means: not one of mine, or not valid. */
export type Verify = (credential: string) => Promise<Caller | undefined>

/** Who calls without a credential, where none is needed. */
const local: Caller = { id: 'local', name: 'local', scopes: ['read', 'call'] }

/**
 * @param open no credential is needed (bound to a loopback address, auth.mode auto): then the caller is `local`, without admin rights
 * @param verifiers asked in this order
 * @returns identify; throws Failure('unauthorized'). A credential that is given must be right, also where none is needed
 */
export function createIdentify({ open, verifiers }: { open: boolean; verifiers: readonly Verify[] }) {
  return function identify(headers: IncomingHttpHeaders): Caller | Promise<Caller> {
    const credential = credentialIn(headers)
    if (credential !== undefined) return verified(credential, verifiers)
    if (open) return local
    throw new Failure('unauthorized', 'a credential is required: send Authorization: Bearer ... or X-API-Key')
  }
}

async function verified(credential: string, verifiers: readonly Verify[]): Promise<Caller> {
  for (const verify of verifiers) {
    const caller = await verify(credential)
    if (caller) return caller
  }
  throw new Failure('unauthorized', 'this credential is not valid here, or not any more')
}

function credentialIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer
  if (headers.authorization !== undefined) throw new Failure('unauthorized', 'Authorization must be "Bearer" and a credential')
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
