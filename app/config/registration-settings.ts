/** Settings of registration in both directions: ours at a proxy, and that of others here. */
import { setting } from './setting.ts'
import { integer, orNull, path, seconds, text, url, yesNo } from './shapes.ts'

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Ours at an MCP proxy. */
export const proxyRegistrationTable = {
  enabled: setting(yesNo, {
    help: 'Register this server at an MCP proxy, so that its tools can be called there.',
    variable: 'MCP_PROXY_REGISTRATION_ENABLED',
    default: false,
  }),
  proxyUrl: setting(url(['http', 'https'], 'the http:// or https:// URL of the proxy'), {
    help: 'Where that proxy is.',
    variable: 'MCP_PROXY_REGISTRATION_URL',
    secret: 'url',
    default: 'http://localhost:3004',
  }),
  serverId: setting(
    text('1 to 64 letters, digits, dots, _ or -, beginning with a letter or digit', /^[A-Za-z0-9][\w.-]{0,63}$/),
    {
      help: 'What this server is called there; the proxy adds a number for each copy.',
      variable: 'MCP_PROXY_REGISTRATION_SERVER_ID',
      default: 'switchyard',
    },
  ),
  serverName: setting(text(), {
    help: 'Its name for people.',
    variable: 'MCP_PROXY_REGISTRATION_SERVER_NAME',
    default: 'Switchyard',
  }),
  description: setting(text(), {
    help: 'What it is for, in a sentence.',
    variable: 'MCP_PROXY_REGISTRATION_DESCRIPTION',
    default: 'Tools of several systems behind one switch',
  }),
  version: setting(orNull(text()), {
    help: 'Version that is told to the proxy; without it, that of Switchyard.',
    variable: 'MCP_PROXY_REGISTRATION_VERSION',
    default: null,
  }),
  uuid: setting(orNull(text('a UUID of version 4', uuid4)), {
    help: 'UUID of this instance; without it, one is made once and kept in the data directory.',
    variable: 'MCP_PROXY_REGISTRATION_UUID',
    default: null,
  }),
  registrationTimeout: setting(seconds('1s', '5m'), {
    help: 'How long the proxy may take for an answer.',
    variable: 'MCP_PROXY_REGISTRATION_TIMEOUT',
    default: '30s',
  }),
  retryAttempts: setting(integer(1, 100), {
    help: 'Tries in quick succession; after them it is tried once a minute for ever.',
    variable: 'MCP_PROXY_REGISTRATION_RETRY_ATTEMPTS',
    default: 3,
  }),
  retryDelay: setting(seconds('10ms', '5m'), {
    help: 'Pause after the first try that failed; it doubles with each.',
    variable: 'MCP_PROXY_REGISTRATION_RETRY_DELAY',
    default: '5s',
  }),
  autoRegisterOnStartup: setting(yesNo, {
    help: 'Register by itself as soon as the port is open; otherwise the command `proxy_registration` does it.',
    variable: 'MCP_PROXY_REGISTRATION_ON_STARTUP',
    default: true,
  }),
  autoUnregisterOnShutdown: setting(yesNo, {
    help: 'Unregister at a stop.',
    variable: 'MCP_PROXY_REGISTRATION_ON_SHUTDOWN',
    default: true,
  }),
  heartbeat: {
    enabled: setting(yesNo, {
      help: 'Tell the proxy again and again that this server is there.',
      variable: 'MCP_PROXY_REGISTRATION_HEARTBEAT',
      default: true,
    }),
    interval: setting(seconds('2s', '1h'), {
      help: 'How often.',
      variable: 'MCP_PROXY_REGISTRATION_HEARTBEAT_INTERVAL',
      default: '30s',
    }),
    url: setting(orNull(url(['http', 'https'], 'a whole http:// or https:// URL')), {
      help: 'Where to, as a whole URL; without it, /heartbeat and /proxy/heartbeat of the proxy are tried.',
      variable: 'MCP_PROXY_REGISTRATION_HEARTBEAT_URL',
      secret: 'url',
      default: null,
    }),
  },
  ssl: {
    cert: setting(orNull(path), {
      help: 'Certificate that is shown to the proxy (PEM).',
      variable: 'MCP_PROXY_REGISTRATION_SSL_CERT',
      default: null,
    }),
    key: setting(orNull(path), {
      help: 'The key of that certificate (PEM).',
      variable: 'MCP_PROXY_REGISTRATION_SSL_KEY',
      default: null,
    }),
    ca: setting(orNull(path), {
      help: "Certificate authority that the proxy's certificate must come from (PEM); without it, those that Node knows.",
      variable: 'MCP_PROXY_REGISTRATION_SSL_CA',
      default: null,
    }),
  },
  token: setting(orNull(text()), {
    help: 'Sent to the proxy as `Authorization: Bearer`.',
    variable: 'MCP_PROXY_REGISTRATION_TOKEN',
    secret: 'key',
    default: null,
  }),
  apiKey: setting(orNull(text()), {
    help: 'Sent to the proxy as `X-API-Key`.',
    variable: 'MCP_PROXY_REGISTRATION_API_KEY',
    secret: 'key',
    default: null,
  }),
}

/** That of others here. */
export const registrationsTable = {
  lease: setting(seconds('0s', '1d'), {
    help: 'How long a server that registered here is kept without a sign of life; 0 takes no registrations.',
    variable: 'MCP_REGISTRATIONS_LEASE',
    default: '90s',
  }),
  allowPrivate: setting(orNull(yesNo), {
    help: 'Whether servers on this machine and in private networks may register; without it, they may where this server listens on a loopback address.',
    variable: 'MCP_REGISTRATIONS_ALLOW_PRIVATE',
    default: null,
  }),
  ssl: {
    cert: setting(orNull(path), {
      help: 'Certificate that is shown to servers that registered here, when they are called back (PEM).',
      variable: 'MCP_REGISTRATIONS_SSL_CERT',
      default: null,
    }),
    key: setting(orNull(path), {
      help: 'The key of that certificate (PEM).',
      variable: 'MCP_REGISTRATIONS_SSL_KEY',
      default: null,
    }),
    ca: setting(orNull(path), {
      help: 'Certificate authority that the certificates of those servers must come from (PEM); without it, those that Node knows.',
      variable: 'MCP_REGISTRATIONS_SSL_CA',
      default: null,
    }),
  },
}
