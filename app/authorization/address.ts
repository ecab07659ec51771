/** Our own address as this client reaches us: tokens are for it, and clients compare it with where they came from. */
import type { Arrival, ClientAddress } from '../client-address.ts'

export type OwnAddress = (request: Arrival) => string

/** @returns gives an origin, or what server.public_url says, without a slash at the end */
export const ownAddress =
  (publicUrl: string | null, { isSecure, hostOf }: ClientAddress): OwnAddress =>
  (request) =>
    publicUrl?.replace(/\/+$/, '') ?? `${isSecure(request) ? 'https' : 'http'}://${hostOf(request) ?? 'localhost'}`

export const resourcePath = '/.well-known/oauth-protected-resource'
export const serverPath = '/.well-known/oauth-authorization-server'
