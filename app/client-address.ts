/** Where a request comes from. What proxies say about it is believed only of those that `server.trusted_proxies` names: others could say anything. */
import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { isLoopback } from './loopback.ts'

/** What is looked at of a request. */
export interface Arrival {
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
}

export interface ClientAddress {
  /**
   * The address of the client: that of the connection, or what trusted proxies say. IPv4 never in its IPv6 form; `unknown` where the
   * connection has ended.
   */
  addressOf(request: Arrival): string
  /** Whether the client is on this machine for sure: one that comes through a proxy on it, trusted or not, may be anywhere. */
  isLocal(request: Arrival): boolean
  /** Of a server that listens on a loopback address alone: whether no trusted proxy says that the client is on another machine. */
  isNear(request: Arrival): boolean
  /** Whether somebody passed it on whom we do not trust, so that nobody knows where it comes from. */
  isFromStrangeProxy(request: Arrival): boolean
  /** Whether the client speaks TLS, to us or to a trusted proxy. */
  isSecure(request: Arrival): boolean
  /** The host and port that the client asked for: the Host header, or what a trusted proxy says it was. */
  hostOf(request: Arrival): string | undefined
}

/**
 * @param trustedProxies addresses and networks in CIDR notation
 * @param tls whether our own ports speak TLS
 */
export function createClientAddress(trustedProxies: readonly string[], tls = false): ClientAddress {
  const trusted = trustedProxies.length > 0 ? blockList(trustedProxies) : undefined
  const isTrusted = (address: string) => trusted?.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') === true

  function addressOf({ headers, socket }: Arrival): string {
    const peer = plain(socket.remoteAddress ?? 'unknown')
    const said = headers['x-forwarded-for']
    if (said === undefined || !isIP(peer) || !isTrusted(peer)) return peer
    return walk(peer, String(said).split(','))
  }

  /** Every proxy adds, at the end, the address that it was called from. So from the end on it is true as long as proxies of ours said it. */
  function walk(peer: string, said: readonly string[]): string {
    let address = peer
    for (let at = said.length - 1; at >= 0 && isTrusted(address); at--) {
      const before = bare(said[at]!.trim())
      if (!isIP(before)) break
      address = before
    }
    return address
  }

  /** The last of a list: the one that the proxy next to us said. */
  function said(request: Arrival, header: string): string | undefined {
    const value = request.headers[header]
    const peer = plain(request.socket.remoteAddress ?? '')
    if (typeof value !== 'string' || !isIP(peer) || !isTrusted(peer)) return undefined
    return value.slice(value.lastIndexOf(',') + 1).trim()
  }

  return {
    addressOf,
    isLocal: (request) => isLoopback(addressOf(request)) && !isForwarded(request.headers),
    isNear: trusted ? (request) => isLoopback(addressOf(request)) : () => true,
    isFromStrangeProxy({ headers, socket }) {
      const peer = plain(socket.remoteAddress ?? '')
      return isForwarded(headers) && !(isIP(peer) && isTrusted(peer))
    },
    isSecure: (request) => tls || said(request, 'x-forwarded-proto')?.toLowerCase() === 'https',
    hostOf(request) {
      const host = said(request, 'x-forwarded-host')
      return host !== undefined && /^(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/i.test(host) ? host : request.headers.host
    },
  }
}

/** Whether some proxy has passed this request on, trusted or not. */
export const isForwarded = (headers: IncomingHttpHeaders): boolean =>
  headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined || headers['x-real-ip'] !== undefined

/**
 * What requests of one client are counted under. One that has an IPv6 address has as many as it likes: whoever is given any is given a
 * /64 (RFC 6177), so that is what counts.
 */
export function countedAs(address: string): string {
  if (!address.includes(':') || isIP(address) !== 6) return address
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = before ? before.split(':') : []
  const right = after ? after.split(':') : []
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** IPv4 in its own form, and no zone. */
function plain(address: string): string {
  const unzoned = address.includes('%') ? address.slice(0, address.indexOf('%')) : address
  return unzoned.startsWith('::ffff:') && unzoned.includes('.') ? unzoned.slice(7) : unzoned
}

/** An address as some proxies write it: with a port, IPv6 in brackets. */
function bare(text: string): string {
  const [, six, four] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? []
  return plain((six ?? four ?? text).toLowerCase())
}
