/** Port 9091 without the rest: the admin app behind a real port, and a browser's worth of client. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { eq } from 'drizzle-orm'
import { openAdmin } from '../../admin/app.ts'
import { cookieNameFor } from '../../admin/guard.ts'
import type { Problem } from '../../admin/wire.ts'
import { hashPassword } from '../../app/passwords.ts'
import { createPeople, type People } from '../../app/people.ts'
import { randomText } from '../../app/random-text.ts'
import { sha256 } from '../../app/sha256.ts'
import { createAccountStore } from '../../app/store/accounts.ts'
import type { Database } from '../../app/store/database.ts'
import { createLocalWindows } from '../../app/store/local-windows.ts'
import { createPeopleStore, type Role } from '../../app/store/people.ts'
import { sessions, users } from '../../app/store/schema.ts'
import { createSubjectStore } from '../../app/store/subjects.ts'
import { createUserStore } from '../../app/store/users.ts'
import { createTokens } from '../../app/tokens.ts'
import { createUsers } from '../../app/users.ts'
import type { Web, Yard } from '../../app/yard.ts'

export const password = 'correct horse battery'

export interface TestAdmin {
  readonly url: string
  readonly app: Web
  readonly people: People
  stop(): Promise<void>
}

const noSignIns = { finish: () => Promise.reject(new Error('nobody signs in at an upstream here')) }

/** Another one on the same database is another replica: it has its own memory. */
export async function startAdmin(yard: Yard, database: Database, options: { panel?: string } = {}): Promise<TestAdmin> {
  const closing = new AbortController()
  const people = createPeople({
    log: yard.log,
    store: createPeopleStore(database),
    subjects: createSubjectStore(database),
    windows: createLocalWindows(),
  })
  const settings = yard.settled.config
  const tokens = createTokens({ settings, accounts: createAccountStore(database), provider: undefined, log: yard.log })
  const users = createUsers({
    store: createUserStore(database),
    ended(userId) {
      people.forget(userId)
      tokens.forget(userId)
    },
  })
  const app = openAdmin(yard, { people, users, tokens, provider: undefined }, noSignIns, closing.signal, options)
  const server = createServer(getRequestListener(app.fetch))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    app,
    people,
    async stop() {
      closing.abort()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Puts somebody into the database whose password is `password`. */
export async function addUser({ db }: Database, name: string, role: Role): Promise<void> {
  await db.insert(users).values({ name, role, passwordHash: await hashPassword(password) })
}

/** Somebody who is signed in, or not yet. */
export class Visitor {
  cookie = ''
  csrf = ''
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/api/v1/${path}`, { headers: { Cookie: this.cookie, ...headers } })
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { Cookie: this.cookie, 'X-CSRF-Token': this.csrf, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  }

  /** Keeps what a browser would keep of this answer. */
  async keep(response: Response): Promise<void> {
    this.cookie = response.headers.get('Set-Cookie')?.split(';')[0] ?? ''
    const me = (await (await this.get('auth/me')).json()) as { csrf_token: string }
    this.csrf = me.csrf_token
  }
}

/** Signed in without a password, where nobody can be: while Redis is away for example. */
export async function signedIn(url: string, database: Database, name: string): Promise<Visitor> {
  const [user] = await database.db.select().from(users).where(eq(users.name, name))
  const [token, csrfToken] = [randomText(), randomText()]
  const expiresAt = new Date(Date.now() + 3_600_000)
  const session = { tokenHash: sha256(token), userId: user!.id, csrfToken, address: '127.0.0.1', userAgent: 'test', expiresAt }
  await database.db.insert(sessions).values(session)
  const visitor = new Visitor(url)
  visitor.cookie = `${cookieNameFor(false)}=${token}`
  visitor.csrf = csrfToken
  return visitor
}

export const problemOf = async (response: Response) => ((await response.json()) as Problem).error

export async function signIn(url: string, name: string): Promise<Visitor> {
  const visitor = new Visitor(url)
  await visitor.keep(await visitor.post('auth/login', { name, password }))
  return visitor
}
