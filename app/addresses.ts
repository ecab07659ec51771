/**
 * Which addresses we connect to for somebody else. Who names a URL that we then call could otherwise make us read what only this machine or
 * its cloud may read (SSRF). What counts is the address of the connection: a name may mean another one than when it was looked at.
 */
import { lookup as resolveName } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'

export interface Allowance {
  /** Also this machine, and networks that are not of the internet: 10.0.0.0/8, 192.168.0.0/16, fc00::/7, ... */
  readonly private: boolean
}

/** Why a connection was not made. */
export class ForbiddenAddress extends Error {}

/** Never: link-local ones, where clouds keep the credentials of a machine, clouds' other places for that, and what is no single machine. */
const never = blockList(
  ['0.0.0.0/8', '169.254.0.0/16', '100.100.100.200/32', '192.0.0.192/32', '224.0.0.0/4', '240.0.0.0/4'],
  ['::/128', 'fe80::/10', 'fec0::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128', 'ff00::/8'],
)
const privateOnes = blockList(
  ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15'],
  ['::1/128', 'fc00::/7'],
)
/** Whether this is an address of this machine or of a network that is not of the internet. */
export const isPrivate = (ip: string): boolean => isIP(ip) !== 0 && privateOnes.has(isIP(ip) === 6 ? (carriedIn(ip) ?? ip) : ip)

/** Names of the same places: inside a cloud some resolve to addresses of its own choice. */
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
])

function blockList(four: readonly string[], six: readonly string[]): { has(ip: string): boolean } {
  const list = new BlockList()
  const add = (network: string, family: 'ipv4' | 'ipv6') => {
    const [address, bits] = network.split('/')
    list.addSubnet(address!, Number(bits), family)
  }
  for (const network of four) add(network, 'ipv4')
  for (const network of six) add(network, 'ipv6')
  return { has: (ip) => list.check(ip, isIP(ip) === 4 ? 'ipv4' : 'ipv6') }
}

/**
 * What speaks against connecting to this address, to stand after "... is"; undefined when nothing does.
 * @param ip an IPv4 or IPv6 address, the latter without brackets; anything else is refused
 */
export function addressFault(ip: string, allow: Allowance): string | undefined {
  const address = ip.replace(/%.*$/, '')
  if (!isIP(address)) return 'no IP address'
  const meant = isIP(address) === 6 ? (carriedIn(address) ?? address) : address
  if (never.has(meant)) return 'a link-local, metadata or reserved address, where nothing is called'
  if (!allow.private && privateOnes.has(meant))
    return 'an address of this machine or of a private network, which is not allowed here'
  return undefined
}

/** The IPv4 address that an IPv6 address carries (mapped, compatible, NAT64, 6to4): that is where a connection would go. */
function carriedIn(address: string): string | undefined {
  const groups = groupsOf(address)
  const head = groups.slice(0, 6).join(':')
  const isMapped = head === '0:0:0:0:0:ffff' || head === '64:ff9b:0:0:0:0' || head === '0:0:0:0:ffff:0'
  const isCompatible = head === '0:0:0:0:0:0' && Number.parseInt(groups[6]!, 16) !== 0
  const pair = groups[0] === '2002' ? groups.slice(1, 3) : isMapped || isCompatible ? groups.slice(6) : undefined
  return pair?.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]).join('.')
}

/** Eight groups, as the URL standard writes them, without `::`. */
function groupsOf(address: string): string[] {
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = before ? before.split(':') : []
  const right = after ? after.split(':') : []
  const zeros = after === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array<string>(zeros).fill('0'), ...right]
}

/**
 * The same for a host as a parsed URL has it (`new URL(text).hostname`): an address, or a name that always means such a place. What another
 * name means is known when it is resolved, and then `guardedLookup` looks at it.
 */
export function hostFault(host: string, allow: Allowance): string | undefined {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIP(bare)) return addressFault(bare, allow)
  const name = bare.replace(/\.+$/, '')
  if (metadataNames.has(name)) return 'the name of a metadata service, where nothing is called'
  if (!allow.private && (name === 'localhost' || name.endsWith('.localhost'))) return addressFault('127.0.0.1', allow)
  return undefined
}

/**
 * Resolves a name to those of its addresses that may be connected to, for undici's `connect: { lookup }`. Node does not ask it about a host
 * that is an address already: that is for `hostFault`, or take `guardedConnector`, which does both.
 */
export function guardedLookup(allow: Allowance): LookupFunction {
  return function lookupAllowed(host, options, callback) {
    const fault = hostFault(host, allow)
    if (fault) return callback(new ForbiddenAddress(`${host} is ${fault}`), '')
    resolveName(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '')
      const good = found.filter(({ address }) => !addressFault(address, allow))
      const [first] = good
      if (!first) {
        const address = found[0]?.address ?? ''
        return callback(new ForbiddenAddress(`${host} (${address}) is ${addressFault(address, allow)}`), '')
      }
      if (options.all) callback(null, good)
      else callback(null, first.address, first.family)
    })
  }
}

/** How undici connects, to allowed addresses alone: `new Agent({ connect: guardedConnector(allow) })`. @param options of TLS, a time limit */
export function guardedConnector(allow: Allowance, options: buildConnector.BuildOptions = {}): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: guardedLookup(allow) } as buildConnector.BuildOptions)
  return function connectAllowed(to, callback) {
    const fault = hostFault(to.hostname, allow)
    if (fault) return callback(new ForbiddenAddress(`${to.hostname} is ${fault}`), null)
    return connect(to, callback)
  }
}
