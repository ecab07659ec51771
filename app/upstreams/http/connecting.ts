/** How connections to a server are made, so that one that was not made is told apart from one that broke. */
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { Connect } from '../../tls/own-server.ts'
import { Unreachable } from './errors.ts'

/** The connections that are being made, which can be given up. */
export function connector(connecting: Set<Socket>, connect = plain({})): buildConnector.connector {
  return (target, callback) => {
    const socket = connect(target, (...[error, made]) => {
      connecting.delete(socket)
      if (error) callback(new Unreachable(error), null)
      else callback(null, made)
    })
    connecting.add(socket)
  }
}

/** @param options of TLS and of the socket */
export const plain = (options: buildConnector.BuildOptions): Connect =>
  // The socket is returned, which the types do not say.
  buildConnector(options) as Connect

/** Until there is a connection undici does not listen to the signal. What comes too late is taken back by it then. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
