/** One 1C base without a file: the settings that become the upstream `onec`, under the names that the 1C world knows. */
import { setting } from './setting.ts'
import { choice, host, integer, orNull, seconds, text, url } from './shapes.ts'
import type { Entry } from './upstream/entry.ts'
import { pathOrFtp, pollPort } from './upstream/onec.ts'

const ways = ['http', 'file', 'httppoll'] as const

/** Proxies for 1C mean by MCP_TRANSPORT how the base is reached; what it says of our own side is not for here. */
const wayIn = (name: string, raw: string): string | undefined =>
  name !== 'MCP_TRANSPORT' || /^(file|httppoll)$/i.test(raw) ? raw : undefined

/** One of the older names counts milliseconds. */
const inSeconds = (name: string, raw: string): string =>
  name === 'MCP_ONEC_TIMEOUT' && /^\s*\d+\s*$/.test(raw) ? `${raw.trim()}ms` : raw

export const onecTable = {
  url: setting(orNull(url(['http', 'https'], 'an http:// or https:// URL')), {
    help: 'A 1C base on a web server, such as http://srv/base: becomes the upstream `onec`, whose names have no prefix. More bases stand in `upstreams`.',
    flag: 'onec-url',
    variable: 'MCP_ONEC_URL',
    secret: 'url',
    default: null,
  }),
  username: setting(orNull(text()), {
    help: 'User of the base.',
    flag: 'onec-username',
    variable: 'MCP_ONEC_USERNAME',
    default: null,
  }),
  password: setting(orNull(text('text', /^/)), {
    help: 'Password of that user; may be empty.',
    variable: 'MCP_ONEC_PASSWORD',
    secret: 'key',
    default: null,
  }),
  serviceRoot: setting(text(), {
    help: 'Root URL of the HTTP service in the base.',
    flag: 'onec-service-root',
    variable: 'MCP_ONEC_SERVICE_ROOT',
    default: 'mcp',
  }),
  unlockCode: setting(orNull(text()), {
    help: 'Code that lets us into a base whose sessions are locked; sent as `uc` with every request.',
    variable: 'MCP_ONEC_UNLOCK_CODE',
    secret: 'key',
    default: null,
  }),
  timeout: setting(orNull(seconds('100ms', '1d')), {
    help: 'Longest run of one call in the base. MCP_ONEC_TIMEOUT counts milliseconds.',
    variable: 'MCP_HTTP_TIMEOUT',
    aliases: ['MCP_ONEC_TIMEOUT'],
    meaning: inSeconds,
    default: null,
    defaultText: '120 (http), 60 (httppoll), 30 (file)',
  }),
  authMode: setting(choice(['none', 'oauth2']), {
    help: 'none: everybody calls as the user above; oauth2: everybody signs in with an account of the base, and calls in their own name.',
    flag: 'auth-mode',
    variable: 'MCP_AUTH_MODE',
    default: 'none',
  }),
  transport: setting(choice(ways), {
    help: 'How the base is reached: http (it is published), file (over a directory), httppoll (it asks us).',
    variable: 'MCP_ONEC_TRANSPORT',
    aliases: ['MCP_TRANSPORT'],
    meaning: wayIn,
    default: 'http',
  }),
  fileExchangeDir: setting(orNull(pathOrFtp), {
    help: 'The directory of transport file: a path, or ftp://user:password@host/path.',
    variable: 'MCP_FILE_EXCHANGE_DIR',
    secret: 'place',
    default: null,
  }),
  filePollInterval: setting(orNull(seconds('10ms', '1m')), {
    help: 'Time between two looks for an answer there.',
    variable: 'MCP_FILE_POLL_INTERVAL',
    default: null,
    defaultText: '0.2, over FTP 1',
  }),
  fileTimeout: setting(orNull(seconds('100ms', '1d')), {
    help: 'Longest run of one call with transport file, where onec.timeout says nothing.',
    variable: 'MCP_FILE_TIMEOUT',
    default: null,
  }),
  httppollHost: setting(host, {
    help: 'Address that a base with transport httppoll asks at. Any other than a loopback address needs a token.',
    variable: 'MCP_HTTPPOLL_HOST',
    default: '127.0.0.1',
  }),
  httppollPort: setting(integer(0, 65535), {
    help: 'Port that it asks at.',
    variable: 'MCP_HTTPPOLL_PORT',
    default: pollPort,
  }),
  httppollToken: setting(orNull(text('a token of at least 16 characters', /^\S{16,}$/)), {
    help: 'What it sends as `Authorization: Bearer`.',
    variable: 'MCP_HTTPPOLL_TOKEN',
    secret: 'key',
    default: null,
  }),
  httppollTimeout: setting(orNull(seconds('100ms', '1d')), {
    help: 'Longest run of one call with transport httppoll, where onec.timeout says nothing.',
    variable: 'MCP_HTTPPOLL_TIMEOUT',
    default: null,
  }),
}

export interface OnecSettings {
  url: string | null
  username: string | null
  password: string | null
  authMode: 'none' | 'oauth2'
  serviceRoot: string
  unlockCode: string | null
  timeout: number | null
  transport: (typeof ways)[number]
  fileExchangeDir: string | null
  filePollInterval: number | null
  fileTimeout: number | null
  httppollHost: string
  httppollPort: number
  httppollToken: string | null
  httppollTimeout: number | null
}

/** What the settings say as an upstream; undefined where they say of none. */
export function onecEntry(onec: OnecSettings): Entry | undefined {
  const { transport } = onec
  if (transport === 'http' && onec.url === null) return undefined
  const named = { name: 'onec', label: 'onec' }
  const shared = { transport, prefix: '', username: onec.username, password: onec.password, auth_mode: onec.authMode }
  if (transport === 'http')
    return {
      ...named,
      members: {
        ...shared,
        url: onec.url,
        service_root: onec.serviceRoot,
        unlock_code: onec.unlockCode,
        timeout: onec.timeout,
      },
    }
  if (transport === 'file')
    return {
      ...named,
      members: {
        ...shared,
        directory: onec.fileExchangeDir,
        poll_interval: onec.filePollInterval,
        timeout: onec.timeout ?? onec.fileTimeout,
      },
    }
  return {
    ...named,
    members: {
      ...shared,
      host: onec.httppollHost,
      port: onec.httppollPort,
      token: onec.httppollToken,
      timeout: onec.timeout ?? onec.httppollTimeout,
    },
  }
}
