/**
 * Clients may offer to go on in another protocol: Java's offer `Upgrade: h2c` with every first request. Who does not take the offer answers
 * as if it had not been made (RFC 9110, section 7.8); but Node, once a server upgrades to WebSocket, leaves all other offers without an answer.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gate } from './gate.ts'

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/**
 * Lets the WebSocket listener that the server has see WebSocket upgrades only; every other request is taken as an ordinary one.
 * @param gate what stands before every request
 * @param connected the event with which the server takes a connection that speaks HTTP
 */
export function ignoreOtherUpgrades(server: Server, gate: Gate, connected: 'connection' | 'secureConnection'): void {
  const toWebSocket = server.listeners('upgrade')[0] as Upgrade
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      if (!gate.stopsUpgrade(request, socket)) toWebSocket(request, socket, head)
      return
    }
    // Read once more, from the start, this time without the offer.
    socket.unshift(Buffer.concat([Buffer.from(withoutOffer(request), 'latin1'), head]))
    server.emit(connected, socket)
  })
}

function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (name !== 'upgrade' && name !== 'connection' && name !== 'http2-settings')
      lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}
