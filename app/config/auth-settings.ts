/** Settings of who is let in, and by which tokens. */
import { claimMap } from './claim-map.ts'
import { setting } from './setting.ts'
import { choice, list, orNull, seconds, text, url } from './shapes.ts'

const httpUrl = (what: string) => orNull(url(['http', 'https'], what))

export const authTable = {
  mode: setting(choice(['auto', 'required']), {
    help: 'auto lets MCP clients on a loopback address in without a credential; required asks everybody.',
    flag: 'auth',
    variable: 'MCP_AUTH',
    default: 'auto',
  }),
  tokenTtl: setting(seconds('1m', '1d'), {
    help: 'How long a token of `POST /api/v1/auth/token` is good. ACCESS_TOKEN_EXPIRE_MINUTES counts minutes.',
    variable: 'MCP_TOKEN_TTL',
    aliases: ['ACCESS_TOKEN_EXPIRE_MINUTES'],
    meaning: (name, raw) => (name === 'ACCESS_TOKEN_EXPIRE_MINUTES' && /^\s*[\d.]+\s*$/.test(raw) ? `${raw.trim()}m` : raw),
    default: '30m',
  }),
  oidc: {
    issuer: setting(httpUrl('the https:// URL of the provider, as its tokens have it in `iss`'), {
      help: 'OpenID Connect provider whose tokens are taken.',
      variable: 'MCP_OIDC_ISSUER',
      default: null,
    }),
    audience: setting(orNull(text()), {
      help: 'What its tokens must have in `aud`: the name of this server there.',
      variable: 'MCP_OIDC_AUDIENCE',
      default: null,
    }),
    jwksUrl: setting(httpUrl('the https:// URL of the keys of the provider'), {
      help: 'Where its keys are; without it, where its `/.well-known/openid-configuration` says.',
      variable: 'MCP_OIDC_JWKS_URL',
      default: null,
    }),
    clockSkew: setting(seconds('0s', '5m'), {
      help: 'How far its clock and ours may be apart.',
      variable: 'MCP_OIDC_CLOCK_SKEW',
      default: '60s',
    }),
    scopeClaims: setting(list(text('names of claims')), {
      help: 'Claims whose values `scope_map` and `roles` are about; `realm_access.roles` is a claim inside of another.',
      variable: 'MCP_OIDC_SCOPE_CLAIMS',
      default: ['scope', 'groups', 'roles'],
    }),
    scopeMap: setting(claimMap.toScopes, {
      help: 'What the holder of a token may do, by the values of these claims. Whose token has none of them is refused.',
      variable: 'MCP_OIDC_SCOPE_MAP',
      default: '{}',
      defaultText: 'nothing',
    }),
    nameClaim: setting(text('the name of a claim'), {
      help: 'Claim with the name that the history and the panel show; without it in a token, `sub` is shown.',
      variable: 'MCP_OIDC_NAME_CLAIM',
      default: 'preferred_username',
    }),
    roles: setting(claimMap.toRole, {
      help: 'The role of a person on the panel, by the values of the same claims. Without it, nobody is let in for the first time.',
      variable: 'MCP_OIDC_ROLES',
      default: '{}',
      defaultText: 'nothing',
    }),
    clientId: setting(orNull(text()), {
      help: 'What this server is called as a client there: with it, people may sign in to the panel with the provider.',
      variable: 'MCP_OIDC_CLIENT_ID',
      default: null,
    }),
    clientSecret: setting(orNull(text()), {
      help: 'The secret of that client, where it has one.',
      variable: 'MCP_OIDC_CLIENT_SECRET',
      secret: 'key',
      default: null,
    }),
    requestScopes: setting(list(text('scopes', /^[!#-[\]-~]+$/)), {
      help: 'Scopes that such a sign-in asks for besides `openid`.',
      variable: 'MCP_OIDC_REQUEST_SCOPES',
      default: ['profile', 'email'],
    }),
    redirectUrl: setting(httpUrl('a whole URL that ends in /api/v1/auth/oidc/callback'), {
      help: 'Where the browser comes back to, as the provider knows it; without it, /api/v1/auth/oidc/callback of the admin port as the browser reaches it.',
      variable: 'MCP_OIDC_REDIRECT_URL',
      default: null,
    }),
  },
}
