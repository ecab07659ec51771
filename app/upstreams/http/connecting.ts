/** How connections to a server are made, so that one that was not made is told apart from one that broke. */
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { Unreachable } from './errors.ts'

/** The connections that are being made, which can be given up. @param options of TLS and of the socket */
export function connector(connecting: Set<Socket>, options: buildConnector.BuildOptions = {}): buildConnector.connector {
  // The socket is returned, which the types do not say.
  const connect = buildConnector(options) as (...args: Parameters<buildConnector.connector>) => Socket
  return (target, callback) => {
    const socket = connect(target, (...[error, made]) => {
      connecting.delete(socket)
      if (error) callback(new Unreachable(error), null)
      else callback(null, made)
    })
    connecting.add(socket)
  }
}

/** Until there is a connection undici does not listen to the signal. What comes too late is taken back by it then. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
