/** Every setting, once. The flag, the variable, the file key, the help, the docs page and the type of the configuration come from this table. */
import { accessTable } from './access-settings.ts'
import { approvalTable } from './approval-settings.ts'
import { authTable } from './auth-settings.ts'
import { clientRules } from './client-rules.ts'
import { databaseTable } from './database-settings.ts'
import { defaultDataDir } from './datadir.ts'
import { limitsTable, rateLimitTable } from './limits-settings.ts'
import { oauthTable } from './oauth-settings.ts'
import { onecTable } from './onec-settings.ts'
import { redisParts } from './parts.ts'
import { pinningTable } from './pinning-settings.ts'
import { proxyRegistrationTable, registrationsTable } from './registration-settings.ts'
import { rowsOf, setting, type ValuesOf } from './setting.ts'
import { bytes, choice, host, integer, list, network, orNull, path, seconds, text, url, yesNo } from './shapes.ts'
import { corsOrigins, redirectPort } from './web-settings.ts'

export const table = {
  server: {
    transport: setting(choice(['sse', 'stdio', 'both']), {
      help: 'How MCP clients connect: over HTTP (SSE, Streamable HTTP, WebSocket), over stdio, or both.',
      flag: 'transport',
      variable: 'MCP_TRANSPORT',
      // Proxies for 1C say http here; with file and httppoll they mean how a base is reached (onec.transport).
      meaning: (_, raw) => (/^http$/i.test(raw) ? 'sse' : /^(file|httppoll)$/i.test(raw) ? undefined : raw),
      default: 'sse',
    }),
    host: setting(host, {
      help: 'Address to listen on. Any other than a loopback address needs a secret key.',
      flag: 'host',
      variable: 'MCP_HOST',
      aliases: ['APP_HOST', 'APP__HOST'],
      default: '127.0.0.1',
    }),
    port: setting(integer(0, 65535), {
      help: 'Port for MCP clients and services; 0 takes a free one and the log says which.',
      flag: 'port',
      variable: 'MCP_PORT',
      aliases: ['APP_PORT', 'APP__PORT', 'APP_API_PORT'],
      default: 9090,
    }),
    admin: setting(yesNo, {
      help: 'Serve the web panel and the admin API.',
      flag: 'admin',
      variable: 'MCP_ADMIN',
      default: true,
    }),
    adminPort: setting(integer(0, 65535), {
      help: 'Port of the web panel and the admin API; 0 takes a free one.',
      flag: 'admin-port',
      variable: 'MCP_ADMIN_PORT',
      aliases: ['ADMIN_PORT'],
      default: 9091,
    }),
    advertisedHost: setting(orNull(host), {
      help: 'Host name that this server tells others to reach it at, where that is not the one it listens on.',
      variable: 'MCP_ADVERTISED_HOST',
      default: null,
    }),
    publicUrl: setting(orNull(url(['http', 'https'], 'an http:// or https:// URL')), {
      help: 'URL under which people outside reach this server, behind a balancer for example.',
      flag: 'public-url',
      variable: 'MCP_PUBLIC_URL',
      default: null,
    }),
    allowedHosts: setting(list(text('host names, with or without a port', /^[^\s/@]+$/)), {
      help: 'More host names that a request may carry in its Host header.',
      variable: 'MCP_ALLOWED_HOSTS',
      default: [],
    }),
    corsOrigins,
    trustedProxies: setting(list(network), {
      help: 'Proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed: addresses or networks.',
      variable: 'MCP_TRUSTED_PROXIES',
      default: [],
    }),
    stopDelay: setting(seconds('0s', '5s'), {
      help: 'How long the ports stay open after readiness turned 503, so that a balancer notices first.',
      variable: 'MCP_STOP_DELAY',
      default: '1s',
    }),
  },
  dataDir: setting(path, {
    help: 'Directory for everything that is kept on disk: the embedded database above all.',
    flag: 'data-dir',
    variable: 'MCP_DATA_DIR',
    default: defaultDataDir,
    defaultText: '~/.local/share/switchyard, or where the system keeps such data',
  }),
  logging: {
    level: setting(choice(['debug', 'info', 'warn', 'error'], { warning: 'warn', critical: 'error' }), {
      help: 'The least important lines that are still written.',
      flag: 'log-level',
      variable: 'LOG_LEVEL',
      aliases: ['MCP_LOG_LEVEL', 'LOGGER__LEVEL', 'APP_LOG_LEVEL'],
      default: 'info',
    }),
    format: setting(choice(['auto', 'json', 'text']), {
      help: 'text is for people, json for programs; auto is text on a terminal and json elsewhere.',
      flag: 'log-format',
      variable: 'MCP_LOG_FORMAT',
      default: 'auto',
    }),
    file: setting(orNull(path), {
      help: 'File that the log is also written to, as JSON. The log always goes to stderr.',
      flag: 'log-file',
      variable: 'MCP_LOG_FILE',
      default: null,
    }),
    maxFileSize: setting(bytes('1KB', '10GB'), {
      help: 'Size at which the log file is rotated.',
      variable: 'MCP_LOG_MAX_FILE_SIZE',
      default: '10MB',
    }),
    backupCount: setting(integer(0, 1000), {
      help: 'How many rotated log files are kept.',
      variable: 'MCP_LOG_BACKUP_COUNT',
      default: 5,
    }),
  },
  auth: authTable,
  ssl: {
    enabled: setting(yesNo, {
      help: 'Serve both ports over TLS.',
      variable: 'MCP_SSL_ENABLED',
      default: false,
    }),
    certFile: setting(orNull(path), {
      help: 'Certificate of this server in PEM, followed by those between it and its root. Read again when it changes.',
      variable: 'MCP_SSL_CERT_FILE',
      default: null,
    }),
    keyFile: setting(orNull(path), {
      help: 'Its private key in PEM.',
      variable: 'MCP_SSL_KEY_FILE',
      default: null,
    }),
    keyPassphrase: setting(orNull(text()), {
      help: 'What the private key is encrypted with, where it is.',
      variable: 'MCP_SSL_KEY_PASSPHRASE',
      secret: 'key',
      default: null,
    }),
    mode: setting(choice(['tls', 'mtls_only'], { mtls: 'mtls_only' }), {
      help: 'mtls_only lets nobody connect to port 9090 without a certificate; the admin port asks for none.',
      variable: 'MCP_SSL_MODE',
      default: 'tls',
    }),
    caCert: setting(orNull(path), {
      help: 'Certificates, in PEM, that those of clients must be signed by. With it, port 9090 asks clients for one.',
      variable: 'MCP_SSL_CA_CERT',
      default: null,
    }),
    crlFile: setting(orNull(path), {
      help: 'Lists of certificates, in PEM, that were taken back; one from every authority in `ssl.ca_cert`.',
      variable: 'MCP_SSL_CRL_FILE',
      default: null,
    }),
    redirectPort,
    clients: setting(clientRules, {
      help: 'What the holders of client certificates may do. Without it: read and call. With it, whom no entry fits may do nothing.',
      variable: 'MCP_SSL_CLIENTS',
      default: [],
    }),
  },
  oauth2: oauthTable,
  secretKey: setting(orNull(text()), {
    help: 'Secret that signs what this server hands out; at least 32 random bytes, made by `openssl rand -base64 48`.',
    variable: 'SECRET_KEY',
    aliases: ['MCP_SECRET_KEY', 'APP_SECRET_KEY'],
    secret: 'key',
    default: null,
  }),
  database: databaseTable,
  redis: {
    url: setting(orNull(url(['redis', 'rediss'], 'redis://:password@host:port/number')), {
      help: 'Redis that several replicas share limits and caches through; without it, each has its own.',
      variable: 'REDIS_URL',
      parts: redisParts,
      secret: 'url',
      default: null,
    }),
  },
  rateLimit: rateLimitTable,
  circuitBreaker: {
    failureThreshold: setting(integer(1, 1_000), {
      help: 'Requests to one service behind us that may fail in a row, before it is left alone for a while.',
      variable: 'CIRCUIT_BREAKER_FAILURE_THRESHOLD',
      default: 5,
    }),
    recoveryTimeout: setting(seconds('100ms', '1h'), {
      help: 'How long it is left alone; then one request tries.',
      variable: 'CIRCUIT_BREAKER_RECOVERY_TIMEOUT',
      default: '30s',
    }),
  },
  audit: setting(choice(['buffered', 'strict']), {
    help: 'buffered writes the history in batches (a kill loses at most the last 250 ms); strict commits that a call started before it runs.',
    flag: 'audit',
    variable: 'MCP_AUDIT',
    default: 'buffered',
  }),
  limits: limitsTable,
  access: accessTable,
  pinning: pinningTable,
  approval: approvalTable,
  commands: {
    directory: setting(orNull(path), {
      help: "Folder with commands of one's own: TypeScript or JavaScript modules.",
      flag: 'commands',
      variable: 'MCP_COMMANDS_DIRECTORY',
      fileKey: 'commands_directory',
      default: null,
    }),
    disabled: setting(list(text('command names')), {
      help: 'Commands that are not offered.',
      variable: 'MCP_DISABLED_COMMANDS',
      fileKey: 'disabled_commands',
      default: [],
    }),
    strict: setting(yesNo, {
      help: 'Register a command of the folder only when it is complete; otherwise it is registered with warnings.',
      variable: 'MCP_COMMANDS_STRICT',
      aliases: ['APP_STRICT_MODE'],
      default: true,
    }),
    autoFix: setting(yesNo, {
      help: 'Complete what is missing in a command of the folder, as far as it follows from the rest. For development.',
      variable: 'MCP_COMMANDS_AUTO_FIX',
      aliases: ['APP_AUTO_FIX'],
      default: false,
    }),
    jobs: setting(integer(1, 1_000), {
      help: 'Long commands that run at a time as jobs; others wait for their turn.',
      variable: 'MCP_COMMANDS_JOBS',
      default: 10,
    }),
  },
  proxyRegistration: proxyRegistrationTable,
  registrations: registrationsTable,
  onec: onecTable,
}

/** The values of all settings, as the table describes them. */
export type Settings = ValuesOf<typeof table>

export const rows = rowsOf(table)
