/** Tells once that a proxy stands in front of us which `server.trusted_proxies` does not name: nothing here would say why limits hit everybody at once. */
import type { IncomingMessage } from 'node:http'
import type { ClientAddress } from './client-address.ts'
import type { Log } from './log.ts'

const toName = 'name its address in server.trusted_proxies: until then all who come through it count as one client'
const openToAll = `${toName}, and need no credential (auth.mode: required asks them for one)`

/**
 * @param open whether clients on this machine need no credential
 * @returns looks at a request
 */
export function createProxyNotice(
  { isFromStrangeProxy }: ClientAddress,
  log: Log,
  open: boolean,
): (request: IncomingMessage) => void {
  let told = false
  return function notice(request) {
    if (told || !isFromStrangeProxy(request)) return
    told = true
    log.warn('proxy not trusted', { address: request.socket.remoteAddress, hint: open ? openToAll : toName })
  }
}
