/** Who may come in, and by what: everything that knows a credential, and what stands in front of it, put together in one place. */
import { createAddressLimits } from './address-limits.ts'
import { type Admission, createAdmission } from './admission.ts'
import { createIdentify } from './auth.ts'
import { type Consents, createConsents } from './authorization/consents.ts'
import { type Authorization, openAuthorization } from './authorization.ts'
import { type ClientAddress, createClientAddress } from './client-address.ts'
import { type Config, letsClientsIn, signsPeopleIn } from './config.ts'
import { type CheckInForce, createCheckInForce } from './in-force.ts'
import { createKeys, type Keys } from './keys.ts'
import type { Life } from './lifecycle.ts'
import type { Log } from './log.ts'
import { isLoopback } from './loopback.ts'
import { createProvider, createProviderSignIn, type ProviderSignIn } from './oidc/index.ts'
import type { Overload } from './overload.ts'
import { createPeople, type People } from './people.ts'
import { openStanding, type Standing } from './standing.ts'
import {
  createAccountStore,
  createGrantStore,
  createKeyStore,
  createPeopleStore,
  createSubjectStore,
  createUserStore,
  type Database,
} from './store/index.ts'
import type { Windows } from './store/windows.ts'
import { createHolders } from './tls/holder.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createUsers, type Users } from './users.ts'
import { requireWayIn } from './way-in.ts'

export interface Identity {
  readonly people: People
  readonly users: Users
  readonly keys: Keys
  readonly tokens: Tokens
  /** Of calls that had to wait. */
  readonly checkInForce: CheckInForce
  /** What clients may do in the name of people. */
  readonly consents: Consents
  /** Undefined where nobody signs in with a provider. */
  readonly provider: ProviderSignIn | undefined
  /** Undefined where nobody lets clients in. */
  readonly authorization: Authorization | undefined
  /** What the surfaces ask: whose request it is, from where, and what is to end with its credential. */
  readonly doors: Admission &
    ClientAddress & { readonly standing: Standing; readonly metadata: Authorization['metadata'] | undefined }
}

export interface IdentityOptions {
  readonly config: Config
  readonly database: Database
  readonly windows: Windows
  readonly overload: Overload
  /** Whether clients are asked for a certificate. */
  readonly certificates: boolean
  readonly log: Log
}

/** @throws ConfigError where everybody needs a credential and nobody could have one */
export async function openIdentity(
  life: Pick<Life, 'start'>,
  { config, database, windows, overload, certificates, log }: IdentityOptions,
): Promise<Identity> {
  const { server, ssl } = config
  const people = createPeople({ store: createPeopleStore(database), subjects: createSubjectStore(database), windows, log })
  const keys = createKeys({ store: createKeyStore(database), secretKey: config.secretKey, log })
  const provider = createProvider(config.auth.oidc, log)
  const tokens = createTokens({ settings: config, accounts: createAccountStore(database), provider, log })
  const users = createUsers({
    store: createUserStore(database),
    ended(userId) {
      people.forget(userId)
      tokens.forget(userId)
    },
  })
  const realms = config.upstreams.filter(signsPeopleIn).map(({ name }) => name)
  const grants = createGrantStore(database)
  const check = ({ username: name, password }: { username: string; password: string }, address: string | null) =>
    people.check({ name, password }, { address: address ?? 'unknown', userAgent: '' })
  const authorization = letsClientsIn(config)
    ? await life.start('oauth', () => openAuthorization({ realms, check, store: grants, windows, settings: config, log }))
    : undefined
  const open = config.auth.mode === 'auto' && isLoopback(server.host) && realms.length === 0
  await requireWayIn(config, open, keys, log)
  const clients = createClientAddress(server.trustedProxies, ssl.enabled)
  const metadata = authorization?.metadata
  const identify = createIdentify({
    open: open ? clients.isNear : () => false,
    verifiers: [...(authorization ? [authorization.verify] : []), keys.verify, tokens.verify, people.verify],
    metadata,
    holderOf: certificates ? createHolders(ssl.clients) : undefined,
  })
  const limits = createAddressLimits(windows, config.rateLimit)
  // What is open already is asked about without being counted: nobody has come anew.
  const standing = await life.start('standing', async () => openStanding(identify, log))
  return {
    ...{ people, users, keys, tokens, authorization },
    checkInForce: createCheckInForce(keys, tokens),
    consents: createConsents(grants, (grant) => authorization?.forget(grant)),
    provider: provider && createProviderSignIn({ provider, settings: config, log }),
    doors: { ...createAdmission({ overload, limits, addressOf: clients.addressOf, identify }), ...clients, standing, metadata },
  }
}
