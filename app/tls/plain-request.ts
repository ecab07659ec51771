/** Somebody who forgot the `s` of `https` gets a sentence in the place of a broken connection. */
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Log } from '../log.ts'

const body = JSON.stringify({ error: { code: 'invalid_request', message: 'this port speaks TLS: use https:// or wss://' } })
const answer = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/json',
  `Content-Length: ${body.length}`,
  'Connection: close',
  '',
  body,
].join('\r\n')

/** Answers HTTP without TLS, and logs (for who looks for it) why other handshakes failed. */
export function watchHandshakes(server: Server, log: Log): void {
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    if (error.code !== 'ERR_SSL_HTTP_REQUEST') return log.debug('no TLS connection', { reason: error.message })
    // The connection below. Node has no public name for it; without it there is only no answer.
    const { _parent: below } = socket as TLSSocket & { _parent?: Socket }
    if (below?.writable) below.end(answer)
  })
}
