/** Whether a URL that somebody registers may be called at all: looked at before anything is kept, and again with every connection. */
import { lookup } from 'node:dns/promises'
import { type Allowance, addressFault, hostFault } from '../addresses.ts'
import { Failure } from '../errors.ts'

/**
 * A name that does not resolve now is let through: nothing can be connected to it, and it may resolve later.
 * @throws Failure `invalid_params`
 */
export async function checkUrl(serverUrl: string, allow: Allowance): Promise<void> {
  const { hostname } = new URL(serverUrl)
  const fault = hostFault(hostname, allow) ?? (await faultOfName(hostname, allow))
  if (!fault) return
  const hint = allow.private || hostFault(hostname, { private: true }) ? '' : '; registrations.allow_private allows it'
  throw new Failure('invalid_params', `server_url must name a server that may be called, but ${hostname} is ${fault}${hint}`)
}

async function faultOfName(name: string, allow: Allowance): Promise<string | undefined> {
  const found = await lookup(name.replace(/^\[(.*)\]$/, '$1'), { all: true }).catch(() => [])
  const faults = found.map(({ address }) => addressFault(address, allow))
  return faults.every((fault) => fault !== undefined) ? faults[0] : undefined
}
