/** A person in front of the panel who signs in wherever it is asked for: the suite's authorization servers let everybody in. */
import { setTimeout as delay } from 'node:timers/promises'
import type { UpstreamView } from '../../admin/wire.ts'
import { password, Visitor } from '../fakes/admin.ts'

export interface Person {
  /**
   * Signs in as long as the upstream wants it and it leads somewhere.
   * @returns whether it is connected, and wants nothing more
   */
  signIn(upstream: string): Promise<boolean>
}

/** More than a server may want with good reason. */
const mostTimes = 4
/** Milliseconds between two looks. */
const lookEvery = 50

/** @param link with which the first admin chooses a password */
export async function firstPerson(link: string): Promise<Person> {
  const { origin, hash } = new URL(link)
  const visitor = new Visitor(origin)
  await visitor.keep(await visitor.post('auth/welcome', { token: hash.slice(1), name: 'person', password }))

  async function look(name: string): Promise<UpstreamView | undefined> {
    const { upstreams } = (await (await visitor.get('upstreams')).json()) as { upstreams: UpstreamView[] }
    return upstreams.find((upstream) => upstream.name === name)
  }

  async function settled(name: string): Promise<UpstreamView> {
    for (;;) {
      const upstream = await look(name)
      if (upstream && upstream.state !== 'connecting') return upstream
      await delay(lookEvery)
    }
  }

  async function signInOnce(name: string): Promise<boolean> {
    const begun = await visitor.post(`upstreams/${name}/sign-in`, { callback: `${origin}/oauth/callback` })
    const { url } = (await begun.json()) as { url?: string }
    if (url === undefined) return false
    const sent = await fetch(url, { redirect: 'manual' })
    const back = await fetch(new URL(sent.headers.get('location') ?? '', url), { redirect: 'manual' })
    console.error('sign-in', url, back.status, back.status === 303 ? '' : await back.text())
    return back.status === 303
  }

  return {
    async signIn(name) {
      for (let times = 0; times < mostTimes; times++) {
        const { state, signIn } = await settled(name)
        if (!signIn?.needed) return state === 'connected'
        if (!(await signInOnce(name))) return false
        // Connects by itself now.
        while (['sign_in', 'connecting'].includes((await settled(name)).state) && !(await settled(name)).signIn?.needed)
          await delay(lookEvery)
      }
      return false
    },
  }
}
