/** Our own address as this client reaches us: tokens are for it, and clients compare it with where they came from. */
import type { IncomingHttpHeaders } from 'node:http'

export type OwnAddress = (headers: IncomingHttpHeaders) => string

/** @param secure whether the port speaks TLS @returns gives an origin, or what server.public_url says, without a slash at the end */
export const ownAddress =
  (publicUrl: string | null, secure: boolean): OwnAddress =>
  ({ host = 'localhost' }) =>
    publicUrl?.replace(/\/+$/, '') ?? `${secure ? 'https' : 'http'}://${host}`

export const resourcePath = '/.well-known/oauth-protected-resource'
export const serverPath = '/.well-known/oauth-authorization-server'
