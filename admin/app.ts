/** Port 9091: the login, the admin API and the panel. A thin translation: whatever can be a command is one. */
import { Hono, type MiddlewareHandler } from 'hono'
import { Failure } from '../app/errors.ts'
import type { ProviderSignIn } from '../app/oidc/index.ts'
import { packed } from '../app/packed.ts'
import type { People } from '../app/people.ts'
import type { Tokens } from '../app/tokens.ts'
import type { SignIns } from '../app/upstreams/oauth/index.ts'
import type { Users } from '../app/users.ts'
import type { Web, Yard } from '../app/yard.ts'
import { approvalRoutes } from './approvals.ts'
import { createAsker } from './ask.ts'
import { explainRoutes } from './explain.ts'
import { panelFiles } from './files.ts'
import { fromWhere } from './from-where.ts'
import { grantRoutes } from './grants.ts'
import { cookieNameFor, requireCaller, requireSameOrigin } from './guard.ts'
import { historyRoutes } from './history.ts'
import { keyRoutes } from './keys.ts'
import { authRoutes } from './login.ts'
import { pinRoutes } from './pins.ts'
import { providerRoutes } from './provider-routes.ts'
import { signInReturns, signInRoutes } from './sign-ins.ts'
import { stateRoutes } from './state.ts'
import { tokenRoutes } from './token-routes.ts'
import { toolRoutes } from './tools.ts'
import { userRoutes } from './users.ts'
import { type AdminEnv, answerError } from './web.ts'

const contentPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  'media-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** How people come in. */
export interface SignInWays {
  readonly people: People
  readonly users: Users
  readonly tokens: Tokens
  /** Undefined where nobody signs in with a provider. */
  readonly provider: ProviderSignIn | undefined
}

export interface AdminOptions {
  /** The port that MCP clients connect to, once it is open; shown with what to put into a client. */
  mainPort?: () => number
  /** Where the built panel lies. */
  panel?: string
}

/** Health, metrics and the checks of Host and Origin are the server's and stand before this. */
export function openAdmin(
  yard: Yard,
  { people, users, tokens, provider }: SignInWays,
  signIns: Pick<SignIns, 'finish'>,
  closing: AbortSignal,
  options: AdminOptions = {},
): Web {
  const { server, ssl } = yard.settled.config
  const secure = ssl.enabled || (server.publicUrl?.startsWith('https:') ?? false)
  const { mainPort = () => server.port, panel } = options
  const asker = createAsker(yard)

  const api = new Hono<AdminEnv>()
    .use(fromWhere(yard, secure))
    .use(requireSameOrigin(server.publicUrl))
    .route('/v1/auth', tokenRoutes(people, tokens))
    .route('/v1/auth', providerRoutes(people, { signIn: provider, secure, log: yard.log }))
    .route('/v1/auth', authRoutes(people, users, { secure }))
    .use(requireCaller(yard, people, tokens, cookieNameFor(secure)))
    .use('/v1/tools/*', packed)
    .route('/v1/tools/executions', historyRoutes(asker))
    .route('/v1/tools', toolRoutes(yard, asker))
    .route('/v1/keys', keyRoutes(asker))
    .route('/v1/approvals', approvalRoutes(asker))
    .route('/v1/pins', pinRoutes(asker))
    .route('/v1/explain', explainRoutes(asker))
    .route('/v1', userRoutes(asker))
    .route('/v1/upstreams', signInRoutes(asker))
    .route('/v1/grants', grantRoutes(asker))
    .route('/v1', stateRoutes(yard, asker, mainPort, closing))
    .all('*', (c) => {
      throw new Failure('unknown_resource', `there is no ${c.req.method} ${c.req.path.slice(0, 200)}`)
    })
    .onError(answerError(yard.log))

  const web: Web = new Hono({ strict: false })
  web.use(safeHeaders)
  web.route('/api', api)
  web.route('/', signInReturns(signIns, yard.log))
  web.route('/', panelFiles(panel))
  return web
}

/** What a page needs beyond what every answer says (`app/gate.ts`). */
const safeHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  if (!c.res.headers.has('Content-Security-Policy')) c.header('Content-Security-Policy', contentPolicy)
  c.header('Cross-Origin-Opener-Policy', 'same-origin')
}
