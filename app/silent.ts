/** Connections on which nobody has asked for anything yet. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How long a new connection may take to ask for something while the server stops, in milliseconds. */
const silence = 1_000

/**
 * Browsers and balancers open connections in advance. Node counts one that has not asked for anything as busy, not as idle, and would
 * wait for it.
 * @returns closes those that have been silent for a while
 */
export function watchSilent(server: Server): () => void {
  const silent = new Map<Socket, number>()
  const note = (socket: Socket) => {
    silent.set(socket, performance.now())
    socket.once('close', () => silent.delete(socket))
  }
  server.on('connection', note)
  // Over TLS the connection below has spoken when hands were shaken; what is read of the one above it is a question.
  server.on('secureConnection', note)
  // Not learned from the event `upgrade`: the adaptor answers a refused upgrade only where nobody else listens to that.
  const spoke = ({ bytesRead }: Socket) => bytesRead > 0
  return function closeSilent() {
    const before = performance.now() - silence
    for (const [socket, since] of silent) if (since < before && !spoke(socket)) socket.destroy()
  }
}
