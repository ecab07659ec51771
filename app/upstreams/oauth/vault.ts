/** Sign-ins as they are kept: sealed, so that nobody can use them who has the database and not the key of the server. */
import { type Box, createBox } from '../../keys/box.ts'
import { keyFileIn } from '../../keys/key-file.ts'
import { secrets as hidden } from '../../secrets.ts'
import { sha256 } from '../../sha256.ts'
import type { UpstreamSecrets } from '../../store/upstream-secrets.ts'
import { type Account, type Begun, type Server, secretsOf } from './account.ts'

export interface Held {
  readonly account: Account
  /** Another one with each writing. */
  readonly version: string
}

export interface Vault {
  /** Undefined where nobody has signed in, and for what was sealed under another key. */
  read(server: Server): Promise<Held | undefined>
  /** @param actor who signed in, for the audit log; without one it was renewed @returns the version */
  write(server: Server, account: Account, actor?: string): Promise<string>
  forget(server: Server, actor: string): Promise<void>
  /** Kept for ten minutes under a state that only the browser knows. */
  begin(state: string, begun: Begun): Promise<void>
  /** Gives it once. */
  take(state: string): Promise<Begun | undefined>
  /** Whether this process may renew that version now; others are kept from it for so many milliseconds. */
  claim(server: Server, version: string, ms: number): Promise<boolean>
  release(server: Server, version: string): Promise<void>
}

export interface VaultOptions {
  readonly secrets: UpstreamSecrets
  readonly secretKey: string | null
  /** Where a key is kept when there is no other. */
  readonly dataDir: string
}

const account = 'account'
const begunFor = 10 * 60_000

export function createVault({ secrets, secretKey, dataDir }: VaultOptions): Vault {
  let made: Promise<Box> | undefined

  /** Made when first needed: most servers never sign in anywhere. */
  function box(): Promise<Box> {
    made ??= (secretKey === null ? keyFileIn(dataDir) : Promise.resolve(secretKey)).then((secret) =>
      createBox(secret, 'sign-ins at upstreams'),
    )
    // What could not be read may be readable the next time.
    made.catch(() => {
      made = undefined
    })
    return made
  }

  return {
    async read(server) {
      const found = await secrets.find(keyOf(server), account)
      if (!found) return undefined
      const text = (await box()).open(found.sealed, `${keyOf(server)} ${account}`)
      if (text === undefined) return undefined
      const kept = JSON.parse(text) as Account
      hidden.addPassing(secretsOf(kept))
      return { account: kept, version: found.version }
    },
    async write(server, kept, actor) {
      const key = keyOf(server)
      hidden.addPassing(secretsOf(kept))
      const sealed = (await box()).seal(JSON.stringify(kept), `${key} ${account}`)
      const deed = actor === undefined ? undefined : { actor, action: 'upstream_sign_in' as const, target: server.name }
      return secrets.put(key, account, sealed, { deed })
    },
    forget: (server, actor) => secrets.forget(keyOf(server), { actor, action: 'upstream_sign_out', target: server.name }),
    async begin(state, begun) {
      const [key, name] = [keyOf(begun.server), begunName(state)]
      const sealed = (await box()).seal(JSON.stringify(begun), `${key} ${name}`)
      const deed = { actor: begun.actor, action: 'upstream_sign_in_begun' as const, target: begun.server.name }
      await secrets.put(key, name, sealed, { expiresAt: new Date(Date.now() + begunFor), deed })
    },
    async take(state) {
      const name = begunName(state)
      const found = await secrets.take(name)
      const text = found && (await box()).open(found.sealed, `${found.upstream} ${name}`)
      return text === undefined ? undefined : (JSON.parse(text) as Begun)
    },
    claim: (server, version, ms) => secrets.claim(keyOf(server), account, version, ms),
    release: (server, version) => secrets.release(keyOf(server), account, version),
  }
}

const keyOf = ({ name, url }: Server): string => `${name} ${sha256(url).slice(0, 12)}`
const begunName = (state: string): string => `begun ${sha256(state)}`
