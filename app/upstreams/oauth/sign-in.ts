/** The sign-in at one upstream: what it is shown, what is done when it is not content with that, and when a person has to do something. */
import type { OAuthConfig } from '../../config/upstream/oauth.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Credentials, Unwelcome } from '../http/credentials.ts'
import { clientSecretOf, type Server } from './account.ts'
import { type Beginning, beginSignIn } from './beginning.ts'
import { discover } from './grants.ts'
import { createKeeper } from './keeper.ts'
import { createRenewals } from './renewals.ts'
import { covers, union } from './scopes.ts'
import { sdk } from './sdk.ts'
import type { Vault } from './vault.ts'
import { inWords, SignInNeeded } from './words.ts'

export interface SignInState {
  readonly signedIn: boolean
  /** Why a person has to sign in, as a sentence; null when nobody has to. */
  readonly needed: string | null
}

export interface SignIn extends Credentials {
  state(): SignInState
  /** Tells whenever somebody has signed in or out, or has to. */
  onChange(listener: () => void): void
  /**
   * Where a person goes to sign in.
   * @param redirectUrl where the browser comes back to, if the configuration names no other place
   * @throws Failure that says what is in the way
   */
  begin(redirectUrl: string, actor: string): Promise<string>
  /** Forgets everything. */
  end(actor: string): Promise<void>
  /** Looks now whether somebody has signed in. */
  look(): Promise<void>
  /** The server lets us in, whatever it said before. */
  welcomed(): void
  stop(): void
}

export interface SignInOptions {
  readonly server: Server
  /** What the configuration says; undefined: nothing. */
  readonly config: OAuthConfig | undefined
  readonly vault: Vault
  readonly log: Log
}

/** Milliseconds before its end at which a token is renewed, so that it does not end on its way. */
const early = 10_000
/** How often (ms) it is looked whether somebody has signed in by way of another process. */
const lookEvery = 3_000
const nothing: OAuthConfig = {
  grant: 'authorization_code',
  clientId: null,
  clientSecret: null,
  scope: null,
  clientMetadataUrl: null,
  redirectUrl: null,
}

export function createSignIn({ server, config: given, vault, log }: SignInOptions): SignIn {
  const { name, url } = server
  const config = given ?? nothing
  const alone = config.grant === 'client_credentials'
  const listeners: (() => void)[] = []
  const keeper = createKeeper({ server, vault, log, changed })
  const renewals = createRenewals({ server, config, log })
  let needed: string | null = null
  /** What the server would not take, with nothing to renew it by. It is kept, because servers err, but nobody counts as signed in by it. */
  let refused: string | undefined
  /** What the server said that it wants. */
  let wanted: { readonly scope?: string; readonly metadataUrl?: URL } = {}
  let renewing: Promise<void> | undefined
  let looks: NodeJS.Timeout | undefined
  let stopped = false

  function changed(): void {
    if (signedIn()) {
      needed = null
      wanted = {}
      stopLooking()
    }
    for (const listener of listeners) listener()
  }

  function stopLooking(): void {
    clearInterval(looks)
    looks = undefined
  }

  function need(reason: string): SignInNeeded {
    if (needed !== reason) {
      needed = reason
      log.warn('sign-in needed', { reason })
      if (!stopped) looks ??= setInterval(() => void keeper.look(), lookEvery).unref()
      for (const listener of listeners) listener()
    }
    return new SignInNeeded(`${name} ${reason}: press Sign in on the page Upstreams of the panel`, name)
  }

  const signedIn = () => current() !== undefined && current() !== refused

  const current = (): string | undefined => {
    const access = keeper.account?.tokens?.access
    return access === undefined ? undefined : `Bearer ${access}`
  }

  /** Many callers, one renewal. */
  function once(work: () => Promise<void>): Promise<void> {
    renewing ??= work().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  function endsSoon(): boolean {
    const tokens = keeper.account?.tokens
    return tokens?.refresh !== undefined && (tokens.expiresAt ?? Number.POSITIVE_INFINITY) < Date.now() + early
  }

  async function freshened(): Promise<string | undefined> {
    if (!keeper.looked) await keeper.firstLook()
    // What goes wrong here is found out, and said, when the server does not take the old one.
    if (endsSoon()) await renewed().catch(() => {})
    return current()
  }

  const renewed = () => once(() => keeper.renewOnce(renewals.renew))

  const askedAlone = (scope: string | undefined, metadataUrl: URL | undefined) =>
    once(async () => keeper.keep(await renewals.askAlone(keeper.account, scope, metadataUrl)))

  async function letIn({ challenge, used, again }: Unwelcome): Promise<boolean> {
    // Somebody else's request has brought about a newer one.
    if (!again && current() !== undefined && current() !== used) return true
    await keeper.look()
    keeper.mustKnow()
    if (!again && current() !== undefined && current() !== used) return true
    const { scope, resourceMetadataUrl: metadataUrl } = await read(challenge)
    if (alone) {
      if (again) return false
      await askedAlone(union(config.scope, scope), metadataUrl)
      return true
    }
    if (!again && keeper.account?.tokens?.refresh !== undefined) {
      await renewed()
      if (current() !== undefined && current() !== used) return true
    }
    wanted = { scope, metadataUrl }
    refused = current()
    if (!keeper.account && !(await wantsSignIn(metadataUrl))) return false
    throw need(keeper.account ? 'wants a new sign-in' : 'wants a sign-in')
  }

  async function wantsSignIn(metadataUrl: URL | undefined): Promise<boolean> {
    try {
      return (await discover(url, metadataUrl)) !== undefined
    } catch (error) {
      throw new Failure('upstream_away', `${name} wants a sign-in that cannot be made: ${inWords(error)}`, {
        data: { upstream: name },
      })
    }
  }

  async function letFurther({ challenge, used, again }: Unwelcome): Promise<boolean> {
    // Somebody may have given the rights by way of another process.
    await keeper.look()
    if (!again && current() !== used) return true
    const { scope, resourceMetadataUrl: metadataUrl } = await read(challenge)
    const have = keeper.account?.tokens?.scope
    // Asked for already, and not enough: asking once more would lead in a circle.
    if (again || scope === undefined || covers(have, scope)) return false
    const all = union(have, config.scope, scope)
    if (alone) {
      await askedAlone(all, metadataUrl)
      return true
    }
    wanted = { scope: all, metadataUrl }
    throw need(`wants a sign-in with more rights (${inWords(scope)})`)
  }

  return {
    header() {
      if (!keeper.looked || endsSoon()) return freshened()
      keeper.glance()
      return current()
    },
    renew: (unwelcome) => (unwelcome.status === 401 ? letIn(unwelcome) : letFurther(unwelcome)),
    state: () => ({ signedIn: signedIn() && !alone, needed }),
    onChange: (listener) => void listeners.push(listener),
    async begin(redirectUrl, actor) {
      if (alone) throw new Failure('failed', `${name} is signed in with client_credentials: nobody has to do it`)
      await keeper.look()
      const known = keeper.account
      let beginning: Beginning
      try {
        const scope = union(config.scope, wanted.scope)
        const options = { server, config, known, redirectUrl: config.redirectUrl ?? redirectUrl, scope, actor }
        beginning = await beginSignIn({ ...options, metadataUrl: wanted.metadataUrl })
      } catch (error) {
        if (error instanceof Failure) throw error
        const reason = inWords(error, [config.clientSecret, clientSecretOf(known?.client)])
        throw new Failure('failed', `the sign-in at ${name} cannot be begun: ${reason}`, { data: { upstream: name } })
      }
      // What goes wrong with our own database is no word of theirs.
      const { url: to, state, begun } = beginning
      await vault.begin(state, begun)
      log.info('sign-in begun', { actor, issuer: begun.authority.issuer })
      return to
    },
    async end(actor) {
      await vault.forget(server, actor)
      log.info('signed out', { actor })
      await keeper.look()
    },
    look: () => keeper.look(),
    welcomed() {
      if (refused === undefined) return
      refused = undefined
      changed()
    },
    stop() {
      stopped = true
      stopLooking()
    },
  }
}

/** What the server says in WWW-Authenticate. */
async function read(challenge: string) {
  const { extractWWWAuthenticateParams } = await sdk()
  return extractWWWAuthenticateParams(new Response(null, { headers: { 'www-authenticate': challenge } }))
}
