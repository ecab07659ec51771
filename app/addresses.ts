/** Which addresses we connect to when somebody else names the host: a redirect, a document, a server that registers itself. */
import { type LookupAddress, lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export interface Allow {
  /** Whether addresses of private networks, and this machine's own, may be reached. */
  readonly private: boolean
}

/** The host was resolved to nothing but addresses that may not be reached. */
export class AddressRefused extends Error {}

const never = listOf(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
)
/** Where clouds tell a machine its own secrets, as far as that is not link-local. */
const metadata = listOf(
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
)
const inside = listOf(
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
)

function listOf(...networks: [address: string, prefix: number][]): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4')
  return list
}

/**
 * Why an address may not be reached, as the end of a sentence; undefined where it may.
 * @param ip IPv4 or IPv6, without brackets; IPv4 inside IPv6 counts as what it leads to
 */
export function addressFault(ip: string, allow: Allow): string | undefined {
  const address = carried(ip.replace(/%.*$/, ''))
  const family = isIP(address)
  if (family === 0) return `${ip} is no IP address`
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  if (metadata.check(address, kind)) return `${ip} is where a cloud keeps the secrets of its machines`
  if (never.check(address, kind)) return `${ip} is a link-local or otherwise special address`
  if (!allow.private && inside.check(address, kind)) return `${ip} is an address of a private network`
  return undefined
}

/** The IPv4 address that an IPv6 address stands for (mapped, compatible, NAT64, 6to4), else the address as it is. */
function carried(ip: string): string {
  if (isIP(ip) !== 6) return ip
  const words = wordsOf(ip)
  const [first, second, third] = words
  const start = words.slice(0, 6)
  const zeros = (from: number, to: number) => words.slice(from, to).every((word) => word === 0)
  const mapped = zeros(0, 5) && (start[5] === 0xffff || (start[5] === 0 && (words[6]! > 0 || words[7]! > 1)))
  const translated = first === 0x64 && second === 0xff9b && zeros(2, 6)
  if (mapped || translated) return dotted(words[6]!, words[7]!)
  return first === 0x2002 ? dotted(second!, third!) : ip
}

/** The eight words of an address; the URL parser writes every form of it in one way. */
function wordsOf(ip: string): number[] {
  const [left = '', right] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::')
  const read = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)))
  const [before, after] = [read(left), read(right ?? '')]
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/**
 * A `lookup` for sockets that gives only addresses which may be reached, so that what was checked is what is connected to. Sockets do not
 * ask it about a host that is an address already: check that with `addressFault`.
 */
export function guardedLookup(allow: Allow): LookupFunction {
  return function lookup(hostname, options, callback) {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, [])
      const good = found.filter(({ address }) => addressFault(address, allow) === undefined)
      const [first] = good
      if (!first) return callback(refused(hostname, found, allow), [])
      if (options.all) return callback(null, good)
      callback(null, first.address, first.family)
    })
  }
}

function refused(hostname: string, found: readonly LookupAddress[], allow: Allow): AddressRefused {
  const [first] = found
  const why = first ? addressFault(first.address, allow) : 'it has no address'
  return new AddressRefused(`${hostname} is not connected to: ${why}`)
}
