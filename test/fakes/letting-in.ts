/** A server whose people let clients in: real pages, a real database, and a tool for each scope. */
import { eq } from 'drizzle-orm'
import { createIdentify } from '../../app/auth.ts'
import { type Consents, createConsents } from '../../app/authorization/consents.ts'
import { type Authorization, type AuthorizationOptions, openAuthorization } from '../../app/authorization.ts'
import type { Scope } from '../../app/call.ts'
import { loadConfig } from '../../app/config.ts'
import { silent } from '../../app/log.ts'
import { createHandlers } from '../../app/mcp/handlers.ts'
import { hashPassword } from '../../app/passwords.ts'
import { createPeople } from '../../app/people.ts'
import type { Database } from '../../app/store/database.ts'
import { createGrantStore } from '../../app/store/grants.ts'
import { createLocalWindows } from '../../app/store/local-windows.ts'
import { createPeopleStore, type Role } from '../../app/store/people.ts'
import { auditLog, grants, sessions, users } from '../../app/store/schema.ts'
import { createSubjectStore } from '../../app/store/subjects.ts'
import { cmd } from '../../app/surfaces/cmd.ts'
import { endpoints } from '../../app/surfaces/oauth/endpoints.ts'
import { metadata } from '../../app/surfaces/oauth/metadata.ts'
import { signIn } from '../../app/surfaces/oauth/sign-in.ts'
import { rest } from '../../app/surfaces/rest.ts'
import { sse } from '../../app/surfaces/sse.ts'
import { streamable } from '../../app/surfaces/streamable.ts'
import { websocket } from '../../app/surfaces/websocket.ts'
import type { Surface } from '../../app/yard.ts'
import { password } from './admin.ts'
import { secretKey } from './keys.ts'
import type { Credentials } from './person.ts'
import { startYard, type TestYard, upstreamTool } from './yard.ts'

export interface LettingIn {
  readonly yard: TestYard
  readonly url: string
  readonly authorization: Authorization
  readonly consents: Consents
  /** Tells the database that somebody is of another role, or out of force. */
  change(name: string, to: { role?: Role; isActive?: boolean }): Promise<void>
  stop(): Promise<void>
}

/** People of this server by role; all have the same password. */
export const people: Record<Role, Credentials> = {
  admin: { username: 'ada', password },
  operator: { username: 'olga', password },
  viewer: { username: 'vera', password },
}

/** Made once, because each costs a tenth of a second. */
let hash: Promise<string> | undefined

/** @param documents whom descriptions of clients are read from @param more settings */
export async function startLettingIn(
  { database }: { readonly database: Database },
  documents?: AuthorizationOptions['documents'],
  more: Record<string, string> = {},
): Promise<LettingIn> {
  const { db } = database
  for (const table of [grants, sessions, users, auditLog]) await db.delete(table)
  hash ??= hashPassword(password)
  const passwordHash = await hash
  for (const [role, { username: name }] of Object.entries(people)) await db.insert(users).values({ name, role, passwordHash })
  const env = { SECRET_KEY: secretKey, MCP_AUTH: 'required', ...more }
  const { config } = loadConfig({ flags: {}, env, cwd: '/', home: '/' })
  const windows = createLocalWindows()
  const store = createGrantStore(database)
  const staff = createPeople({
    log: silent,
    store: createPeopleStore(database),
    subjects: createSubjectStore(database),
    windows,
  })
  const authorization = await openAuthorization({
    realms: [],
    check: ({ username: name, password }, address) =>
      staff.check({ name, password }, { address: address ?? 'unknown', userAgent: '' }),
    store,
    windows,
    settings: config,
    log: silent,
    documents,
  })
  const speaking =
    (open: typeof sse): Surface =>
    (yard, closing) =>
      open(createHandlers(yard.catalog, yard.switch))(yard, closing)
  const { verify } = authorization
  const yard = await startYard(
    [
      ...[streamable, sse, websocket].map(speaking),
      ...[cmd, rest, metadata(authorization), endpoints(authorization), signIn(authorization)],
    ],
    ({ catalog }) =>
      catalog.offer(
        'far',
        Object.entries(tools).map(([name, scope]) =>
          upstreamTool(name, { inputSchema: { type: 'object' } }, async () => said(name), scope),
        ),
      ),
    {
      env,
      identify: createIdentify({ open: () => false, verifiers: [verify], metadata: authorization.metadata }),
      metadata: authorization.metadata,
    },
  )
  return {
    yard,
    url: yard.url,
    authorization,
    consents: createConsents(store, authorization.forget),
    async change(name, to) {
      await db.update(users).set(to).where(eq(users.name, name))
    },
    async stop() {
      await yard.stop()
      await authorization.stop()
    },
  }
}

const tools: Record<string, Scope> = { look: 'read', ship: 'call', rule: 'admin' }
const said = (text: string) => ({ content: [{ type: 'text', text }] })
