/** Whether something means this machine alone. */
import { isIP } from 'node:net'

/** @param name a host name or an IP address; IPv6 with or without brackets, IPv4 also in its IPv6 form */
export function isLoopback(name: string): boolean {
  const address = name.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:/i, '')
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}
