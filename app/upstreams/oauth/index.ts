/** Sign-ins at upstreams, for the outside. */
import type { McpConfig } from '../../config/upstream/mcp.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { finishSignIn } from './finishing.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import { createVault, type VaultOptions } from './vault.ts'

export type { SignIn, SignInState } from './sign-in.ts'
export { SignInNeeded } from './words.ts'

export interface SignIns {
  /** The sign-in at an upstream; undefined where it is not one for that. */
  of(config: McpConfig): SignIn | undefined
  /**
   * Where a person goes to sign in.
   * @param redirectUrl where the browser comes back to; without it, where we think that the admin port is
   * @throws Failure `invalid_arguments` for an upstream without a sign-in, `failed` with what is in the way
   */
  begin(upstream: string, redirectUrl: string | undefined, actor: string): Promise<string>
  /** Forgets what an upstream gave us. */
  end(upstream: string, actor: string): Promise<void>
  /** Takes what a browser brought back. @returns the name of the upstream @throws Failure in words for the person */
  finish(query: URLSearchParams): Promise<string>
}

export interface SignInsOptions extends VaultOptions {
  readonly log: Log
  /** Where browsers reach the admin port, without a slash at the end; undefined without one. */
  adminUrl(): string | undefined
}

/** Below the admin port. */
export const callbackPath = '/oauth/callback'

export function createSignIns({ log, adminUrl, ...options }: SignInsOptions): SignIns {
  const vault = createVault(options)
  const signIns = new Map<string, SignIn>()

  function signInOf(upstream: string): SignIn {
    const found = signIns.get(upstream)
    if (found) return found
    const known = [...signIns.keys()]
    const which = known.length > 0 ? `: those with one are ${known.join(', ')}` : ''
    throw new Failure('invalid_arguments', `there is no upstream "${upstream}" that can be signed in at${which}`)
  }

  return {
    of(config) {
      const { name, transport } = config
      if (!mayAsk(config) || transport.type === 'stdio') return undefined
      const server = { name, url: transport.url }
      const signIn = createSignIn({ server, config: config.oauth || undefined, vault, log: log.with({ upstream: name }) })
      signIns.set(name, signIn)
      return signIn
    },
    async begin(upstream, redirectUrl, actor) {
      const signIn = signInOf(upstream)
      const home = adminUrl()
      const back = redirectUrl ?? (home === undefined ? undefined : home + callbackPath)
      if (back === undefined)
        throw new Failure(
          'failed',
          'the browser could not come back: start the server with its admin port, or set oauth.redirect_url',
        )
      return signIn.begin(back, actor)
    },
    end: (upstream, actor) => signInOf(upstream).end(actor),
    async finish(query) {
      const upstream = await finishSignIn(query, vault, log)
      await signIns.get(upstream)?.look()
      return upstream
    },
  }
}

/** Whoever has put a credential into the configuration wants that one and no other. */
function mayAsk({ disabled, oauth, transport }: McpConfig): boolean {
  if (disabled || oauth === false || transport.type === 'stdio') return false
  const { username, password } = new URL(transport.url)
  return !username && !password && !Object.keys(transport.headers).some((name) => name.toLowerCase() === 'authorization')
}
