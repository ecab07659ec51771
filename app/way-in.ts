/** A server that asks everybody for a credential, and that nobody can have one for, is started by mistake: whoever starts it is told. */
import { type Config, ConfigError, signsPeopleIn } from './config.ts'
import type { Keys } from './keys.ts'
import type { Log } from './log.ts'

type Settings = Pick<Config, 'server' | 'ssl' | 'upstreams' | 'auth'>

/**
 * @param open no credential is asked for
 * @throws ConfigError that says how to make one
 */
export async function requireWayIn(
  { server, ssl, upstreams, auth }: Settings,
  open: boolean,
  keys: Pick<Keys, 'list'>,
  log: Log,
): Promise<void> {
  const asked = server.transport !== 'stdio' && !open
  // In the panel people sign in, and make keys; certificates, tokens of a provider and accounts of systems behind us are credentials of their own.
  const foreign = ssl.caCert !== null || Object.keys(auth.oidc.scopeMap).length > 0 || upstreams.some(signsPeopleIn)
  if (!asked || server.admin || foreign) return
  const known = await keys.list().catch((error: unknown) => {
    log.warn('nobody knows yet whether there is a key', { error })
    return undefined
  })
  if (!known || known.some(({ state }) => state === 'active')) return
  throw new ConfigError([
    'nobody could call this server: everybody needs a credential, there is no key in force, and the panel (server.admin) is off. ' +
      'Make a key with `switchyard keys create --name NAME`, or leave the panel on',
  ])
}
