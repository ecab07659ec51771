/** What is promised of signing in to the panel with an OpenID provider, over HTTP and in a real browser. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Me } from '../admin/wire.ts'
import { createProvider, createProviderSignIn } from '../app/oidc/index.ts'
import { auditLog, users } from '../app/store/schema.ts'
import { addUser } from './fakes/admin.ts'
import { openBrowser, openPage, picture } from './fakes/browser.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { secretKey } from './fakes/keys.ts'
import { newKey, seconds } from './fakes/oidc-keys.ts'
import { type OidcProvider, startOidcProvider } from './fakes/oidc-provider.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'

vi.setConfig({ testTimeout: 120_000 })

let provider: OidcProvider
let dataDir: string
let system: TestSystem
let store: OpenStore
const file = (more = {}) => ({
  auth: {
    oidc: {
      issuer: provider.url,
      audience: 'switchyard',
      client_id: provider.client.id,
      client_secret: provider.client.secret,
      roles: { staff: 'operator', boss: 'admin' },
      ...more,
    },
  },
})
const callbackAt = (url: string) => `${url}/api/v1/auth/oidc/callback`
beforeAll(async () => {
  provider = await startOidcProvider()
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-oidc-'))
  system = await start({ file: file(), env: { SECRET_KEY: secretKey }, dataDir })
  store = await openEmbedded(undefined, dataDir)
  provider.redirects.push(callbackAt(system.adminUrl))
})
afterAll(async () => {
  await store?.close()
  await system?.stop()
  await provider?.stop()
  await rm(dataDir, { recursive: true, force: true })
})
const somebody = { sub: 'ada-1', preferred_username: 'ada', groups: ['staff'] }
afterEach(() => {
  Object.assign(provider, { person: somebody, lies: {}, denial: undefined, metadata: {}, away: false })
})

/** As a browser keeps cookies and follows, one step at a time. */
class Visit {
  readonly cookies = new Map<string, string>()
  readonly base: string

  constructor(base = system.adminUrl) {
    this.base = base
  }

  async go(url: string): Promise<Response> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const response = await fetch(url, { headers: { cookie }, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
  /** @returns where the browser is sent */
  begin = async () => String((await this.go(`${this.base}/api/v1/auth/oidc`)).headers.get('location'))
  /** @returns the address that the provider sends back to */
  async askProvider(url: string): Promise<string> {
    const response = await fetch(url, { redirect: 'manual' })
    return response.headers.get('location') ?? `${response.status} ${await response.text()}`
  }
  async signIn(): Promise<Response> {
    return this.go(await this.askProvider(await this.begin()))
  }
  async me(): Promise<Me | undefined> {
    const response = await this.go(`${this.base}/api/v1/auth/me`)
    return response.ok ? ((await response.json()) as Me) : undefined
  }
}

const rowOf = async (sub: string) => {
  const [row] = await store.database.db
    .select()
    .from(users)
    .where(eq(users.subject, `${provider.url}|${sub}`))
  return row
}
const deedsOf = async (actor: string) =>
  (await store.database.db.select().from(auditLog).where(eq(auditLog.actor, actor)).orderBy(auditLog.id)).map(
    ({ action }) => action,
  )

test('the ways to sign in are told to everybody', async () => {
  const response = await fetch(`${system.adminUrl}/api/v1/auth/ways`)
  expect(await response.json()).toEqual({ password: true, oidc: { host: new URL(provider.url).host } })
})

describe('coming in', () => {
  test('the browser is sent to the provider with PKCE, state and nonce, and keeps a sealed cookie for ten minutes', async () => {
    const response = await fetch(`${system.adminUrl}/api/v1/auth/oidc`, { redirect: 'manual' })
    const url = new URL(response.headers.get('location')!)
    expect([response.status, url.origin + url.pathname]).toEqual([302, `${provider.url}/authorize`])
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: provider.client.id,
      redirect_uri: callbackAt(system.adminUrl),
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    const cookie = response.headers.get('set-cookie')!
    expect(cookie).toMatch(/^switchyard_oidc=v1\.[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
    for (const name of ['state', 'nonce', 'code_challenge']) expect(cookie).not.toContain(url.searchParams.get(name))
  })

  test('a person with a role is made at the first sign-in, led into the panel, and stands in the audit log', async () => {
    provider.person = { sub: 'new-1', preferred_username: 'Grace Hopper', groups: ['staff'] }
    const visit = new Visit()
    const response = await visit.signIn()
    expect([response.status, new URL(response.headers.get('location')!, callbackAt(system.adminUrl)).href]).toEqual([
      303,
      `${system.adminUrl}/`,
    ])
    expect(response.headers.get('set-cookie')).toMatch(/switchyard_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/)
    expect(await visit.me()).toMatchObject({ user: { name: 'Grace-Hopper', role: 'operator' }, scopes: ['read', 'call'] })
    expect(visit.cookies.has('switchyard_oidc')).toBe(false)
    expect(await deedsOf('Grace-Hopper')).toEqual(['user_created', 'sign_in'])
    expect((await rowOf('new-1'))?.lastSignInAt).toBeInstanceOf(Date)
  })

  test('the role is what the provider says at each sign-in, and what was given to the earlier one ends', async () => {
    provider.person = { sub: 'riser', preferred_username: 'riser', groups: ['staff'] }
    await new Visit().signIn()
    const before = await rowOf('riser')
    await new Visit().signIn()
    expect((await rowOf('riser'))?.updatedAt).toEqual(before?.updatedAt)
    provider.person = { ...provider.person, groups: ['staff', 'boss'] }
    const visit = new Visit()
    await visit.signIn()
    expect((await visit.me())?.user.role).toBe('admin')
    expect(await deedsOf('riser')).toEqual(['user_created', 'sign_in', 'sign_in', 'role_changed', 'sign_in'])
    expect((await rowOf('riser'))?.updatedAt).not.toEqual(before?.updatedAt)
  })

  test('an account of that name that belongs to somebody else stays theirs', async () => {
    await addUser(store.database, 'root', 'admin')
    provider.person = { sub: 'impostor', preferred_username: 'root', groups: ['staff'] }
    const visit = new Visit()
    await visit.signIn()
    expect((await visit.me())?.user).toMatchObject({ name: 'root-2', role: 'operator' })
    const [root] = await store.database.db.select().from(users).where(eq(users.name, 'root'))
    expect(root).toMatchObject({ subject: null, role: 'admin' })
  })

  test('the same person in two windows at once is one account', async () => {
    provider.person = { sub: 'twice', preferred_username: 'twice', groups: ['staff'] }
    const visits = [new Visit(), new Visit(), new Visit()]
    await Promise.all(visits.map((visit) => visit.signIn()))
    const ids = await Promise.all(visits.map(async (visit) => (await visit.me())?.user.id))
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a provider that wants the secret in the form gets it there', async () => {
    provider.metadata = { token_endpoint_auth_methods_supported: ['client_secret_post'] }
    const other = await start({ file: file(), env: { SECRET_KEY: secretKey } })
    try {
      provider.redirects.push(callbackAt(other.adminUrl))
      expect((await new Visit(other.adminUrl).signIn()).status).toBe(303)
    } finally {
      await other.stop()
    }
  })
})

describe('staying out', () => {
  async function refused(visit: Visit, response: Response, sentence: string): Promise<void> {
    expect([response.status >= 400, await response.text()]).toEqual([true, expect.stringContaining(sentence)])
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(visit.cookies.has('switchyard_session')).toBe(false)
    expect(await visit.me()).toBeUndefined()
  }

  test('a stranger without a role sees why, and it stands in the audit log', async () => {
    provider.person = { sub: 'stranger', preferred_username: 'stranger', groups: ['visitors'] }
    const visit = new Visit()
    await refused(visit, await visit.signIn(), 'you may not use this panel')
    expect(await rowOf('stranger')).toBeUndefined()
    expect(await deedsOf('stranger')).toEqual(['sign_in_refused'])
  })

  test('whoever lost their role, or whose account is disabled', async () => {
    provider.person = { sub: 'leaver', preferred_username: 'leaver', groups: ['staff'] }
    await new Visit().signIn()
    provider.person = { ...provider.person, groups: [] }
    const left = new Visit()
    await refused(left, await left.signIn(), 'you may not use this panel')
    provider.person = { ...provider.person, groups: ['boss'] }
    await store.database.db.update(users).set({ isActive: false }).where(eq(users.name, 'leaver'))
    const disabled = new Visit()
    await refused(disabled, await disabled.signIn(), 'you may not use this panel')
    expect((await rowOf('leaver'))?.role).toBe('operator')
  })

  test('a browser that did not begin it: another one, another state, no cookie, a cookie that was changed', async () => {
    const victim = new Visit()
    const attacker = new Visit()
    const back = await attacker.askProvider(await attacker.begin())
    const sentence = 'sign-in was not begun in this browser'
    await refused(victim, await victim.go(back), sentence)
    await victim.begin()
    await refused(victim, await victim.go(back), sentence)
    const own = await victim.askProvider(await victim.begin())
    const cookie = victim.cookies.get('switchyard_oidc')!
    victim.cookies.set(
      'switchyard_oidc',
      cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    )
    await refused(victim, await victim.go(own), sentence)
  })

  test('a browser that comes back after more than ten minutes', async () => {
    const clock = { now: Date.now() }
    provider.lies = { exp: seconds() + 3_600 }
    const settings = system.yard.settled.config
    const [log, now] = [collectedLog(), () => clock.now]
    const known = createProvider(settings.auth.oidc, log, now)!
    const signIn = createProviderSignIn({ provider: known, settings, log, now })!
    const back = async () => {
      const { url, sealed } = await signIn.begin(callbackAt(system.adminUrl))
      return { query: new URL(await new Visit().askProvider(url)).searchParams, sealed }
    }
    const [early, late] = [await back(), await back()]
    clock.now += 599_000
    expect(await signIn.finish(early.query, early.sealed)).toMatchObject({ name: 'ada', role: 'operator' })
    clock.now += 1_000
    await expect(signIn.finish(late.query, late.sealed)).rejects.toThrow('took more than ten minutes')
  })

  test('a way back that is used a second time', async () => {
    const visit = new Visit()
    const back = await visit.askProvider(await visit.begin())
    const cookie = visit.cookies.get('switchyard_oidc')!
    expect((await visit.go(back)).status).toBe(303)
    const again = new Visit()
    await refused(again, await again.go(back), 'not begun in this browser')
    // Even with the cookie: the provider takes a code once.
    again.cookies.set('switchyard_oidc', cookie)
    await refused(again, await again.go(back), 'did not prove who you are')
    expect(provider.asked.at(-1)).toBe('refused invalid_grant')
  })

  test.each<[string, () => Record<string, unknown>]>([
    ['another nonce', () => ({ nonce: 'x' })],
    ['no nonce', () => ({ nonce: undefined })],
    ['another issuer', () => ({ iss: 'https://id.example' })],
    ['another client', () => ({ aud: 'another' })],
    ['our client among others, given to another', () => ({ aud: [provider.client.id, 'another'], azp: 'another' })],
    ['our client among others, given to nobody', () => ({ aud: [provider.client.id, 'another'] })],
    ['an end that is over', () => ({ exp: 1_000 })],
    ['no end', () => ({ exp: undefined })],
    ['no subject', () => ({ sub: undefined })],
    ['another access token', () => ({ at_hash: 'x' })],
  ])('an ID token with %s', async (_, lies) => {
    provider.lies = lies()
    const visit = new Visit()
    await refused(visit, await visit.signIn(), 'did not prove who you are')
  })

  test('an ID token that somebody else signed', async () => {
    const { keys } = provider
    await new Visit().signIn()
    provider.keys = keys.map((key) => ({ ...newKey(key.kid, key.alg) }))
    const visit = new Visit()
    await refused(visit, await visit.signIn(), 'did not prove who you are')
    provider.keys = keys
  })

  test('a person who said no, and one whom the provider answers in a way that nobody understands', async () => {
    provider.denial = 'access_denied'
    const visit = new Visit()
    await refused(visit, await visit.signIn(), 'access_denied')
    provider.denial = '<script>alert(1)</script>'
    const response = await visit.signIn()
    expect(await response.text()).not.toContain('alert')
  })

  test('an answer that comes from another provider than it was asked', async () => {
    const visit = new Visit()
    const back = new URL(await visit.askProvider(await visit.begin()))
    back.searchParams.set('iss', 'https://id.example')
    await refused(visit, await visit.go(back.href), 'did not prove who you are')
  })

  test('nobody is led anywhere but into the panel', async () => {
    const visit = new Visit()
    const back = await visit.askProvider(await visit.begin())
    const response = await visit.go(`${back}&redirect=https://evil.example&return_to=//evil.example`)
    expect(response.headers.get('location')).toBe('../../../../')
  })

  test('everybody, with a page that says so, while the provider is away', async () => {
    provider.away = true
    const other = await start({ file: file(), env: { SECRET_KEY: secretKey } })
    try {
      const response = await fetch(`${other.adminUrl}/api/v1/auth/oidc`, { redirect: 'manual' })
      expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('cannot be reached')])
    } finally {
      await other.stop()
    }
  })

  test('everybody new, where no roles are configured', async () => {
    const other = await start({ file: file({ roles: {} }), env: { SECRET_KEY: secretKey } })
    try {
      provider.redirects.push(callbackAt(other.adminUrl))
      const visit = new Visit(other.adminUrl)
      await refused(visit, await visit.signIn(), 'you may not use this panel')
    } finally {
      await other.stop()
    }
  })

  test('no secret, code or token is in the log', () => {
    const text = JSON.stringify(system.log.lines)
    expect(text).toContain('sign-in with the provider failed')
    for (const secret of ['eyJ', provider.client.secret, 'v1.']) expect(text).not.toContain(secret)
  })
})

test('in a browser: one press of a button, and the panel is open', async () => {
  const browser = await openBrowser()
  try {
    for (const [scheme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      const { page, complaints } = await openPage(browser, { colorScheme: scheme, viewport: { width, height: 800 } })
      await page.goto(system.adminUrl)
      const button = page.getByRole('link', { name: `Sign in with ${new URL(provider.url).host}` })
      await button.waitFor()
      await picture(page, `sign-in-${scheme}-${width}`)
      await button.click()
      await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
      expect(page.url()).toBe(`${system.adminUrl}/`)
      await page.context().clearCookies()
      provider.person = { sub: 'stranger', preferred_username: 'stranger' }
      await page.reload()
      await button.click()
      await page.getByRole('heading', { name: 'This sign-in did not work' }).waitFor()
      await picture(page, `sign-in-refused-${scheme}-${width}`)
      await page.getByRole('link', { name: 'Back to the sign-in' }).click()
      await button.waitFor()
      expect(complaints).toEqual([])
      provider.person = somebody
    }
  } finally {
    await browser.close()
  }
})

test('after three hundred tries in a quarter of an hour an address has to wait', async () => {
  // From here on this address is locked out, so this test is the last one.
  const statuses: number[] = []
  for (let nth = 0; nth < 301; nth++) statuses.push((await fetch(callbackAt(system.adminUrl))).status)
  expect([statuses[0], statuses.at(-1)]).toEqual([400, 429])
})
