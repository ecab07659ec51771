/** A whole system in front of servers that want a sign-in, and an admin with a browser. */
import type { UpstreamView } from '../../admin/wire.ts'
import { type StartOptions, start, type TestSystem } from '../start.ts'
import { until } from '../until.ts'
import { password, signIn, Visitor } from './admin.ts'

export interface SigningIn {
  readonly system: TestSystem
  readonly admin: Visitor
  upstream(name?: string): Promise<UpstreamView>
  becomes(state: UpstreamView['state'], name?: string): Promise<UpstreamView>
  /** The page that the panel sends the browser to. */
  begin(name?: string): Promise<string>
  /** Follows the page of the authorization server. @returns where it sends the browser back to */
  authorize(page: string): Promise<URL>
  /** All of it. @returns what the callback answered */
  signIn(name?: string): Promise<Response>
}

/** @param options `dataDir` of an earlier one makes a restart */
export async function startSigningIn(options: StartOptions): Promise<SigningIn> {
  const system = await start(options)
  const admin = await adminOf(system)

  async function upstream(name = 'docs'): Promise<UpstreamView> {
    const { upstreams } = (await (await admin.get('upstreams')).json()) as { upstreams: UpstreamView[] }
    return upstreams.find((each) => each.name === name)!
  }

  async function begin(name = 'docs'): Promise<string> {
    const answer = await admin.post(`upstreams/${name}/sign-in`, { callback: `${system.adminUrl}/oauth/callback` })
    const { url, error } = (await answer.json()) as { url?: string; error?: { message: string } }
    if (url === undefined) throw new Error(error?.message)
    return url
  }

  async function authorize(page: string): Promise<URL> {
    const answer = await fetch(page, { redirect: 'manual' })
    if (answer.status !== 302) throw new Error(`the authorization server answers ${answer.status}`)
    return new URL(answer.headers.get('location')!)
  }

  return {
    system,
    admin,
    upstream,
    async becomes(state, name = 'docs') {
      await until(`${name} is ${state}`, async () => (await upstream(name)).state === state)
      return upstream(name)
    },
    begin,
    authorize,
    signIn: async (name = 'docs') => fetch(await authorize(await begin(name)), { redirect: 'manual' }),
  }
}

/** The first one chooses a password; after a restart it is used. */
async function adminOf(system: TestSystem): Promise<Visitor> {
  const link = await system.firstLink()
  if (!link) return signIn(system.adminUrl, 'ada')
  const visitor = new Visitor(system.adminUrl)
  await visitor.keep(await visitor.post('auth/welcome', { token: new URL(link).hash.slice(1), name: 'ada', password }))
  return visitor
}
