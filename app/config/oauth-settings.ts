/** Settings of the authorization server, where people let MCP clients act in their name. */
import { setting } from './setting.ts'
import { choice, list, seconds, text } from './shapes.ts'

/** Where the connectors of Claude and ChatGPT want their codes. */
const connectors = [
  'https://claude.ai/api/mcp/auth_callback',
  'https://claude.com/api/mcp/auth_callback',
  'https://chatgpt.com/connector_platform_oauth_redirect',
  'https://chatgpt.com/connector/oauth/*',
]

export const oauthTable = {
  enabled: setting(
    choice(['auto', 'true', 'false'], { yes: 'true', on: 'true', '1': 'true', no: 'false', off: 'false', '0': 'false' }),
    {
      help: 'Whether MCP clients can be let in by people who sign in here (OAuth 2.1). auto: where others can reach this server or everybody must sign in, and there is a SECRET_KEY.',
      variable: 'MCP_OAUTH2_ENABLED',
      default: 'auto',
    },
  ),
  codeTtl: setting(seconds('10s', '10m'), {
    help: 'How long a client may take to exchange the code that a sign-in gave it.',
    variable: 'MCP_OAUTH2_CODE_TTL',
    default: '120s',
  }),
  accessTtl: setting(seconds('1m', '1d'), {
    help: 'How long a token is good for calls; clients get a new one by themselves.',
    variable: 'MCP_OAUTH2_ACCESS_TTL',
    default: '1h',
  }),
  refreshTtl: setting(seconds('1m', '365d'), {
    help: 'How long a client may stay away before the person has to sign in again.',
    variable: 'MCP_OAUTH2_REFRESH_TTL',
    default: '14d',
  }),
  refreshGrace: setting(seconds('0s', '1h'), {
    help: 'How long a client that lost the answer to a refresh may ask for it again.',
    variable: 'MCP_OAUTH2_REFRESH_GRACE',
    default: '60s',
  }),
  allowedRedirectUris: setting(list(text('URLs; a * at the end allows all that begin like it', /^[a-z][a-z0-9+.-]*:\S+$/i)), {
    help: "Web addresses that a sign-in may lead back to, in the place of those of Claude and ChatGPT. Programs on the person's own machine always may, and so may the own site of a client whose id is the URL of its description.",
    variable: 'MCP_OAUTH2_ALLOWED_REDIRECT_URIS',
    default: connectors,
  }),
}
