/** A 1C base with an MCP service in it, and the three ways of getting a request there. */
import { isLoopback } from '../../loopback.ts'
import { mask, maskPlace } from '../mask.ts'
import { kindOf, reasonOf } from '../problems.ts'
import { readPrivate } from '../secret-file.ts'
import { choice, host, integer, orNull, path, type Shape, seconds, text } from '../shapes.ts'
import { type Common, type Context, commonMembers, type Entry, type Reader, type Report, readerOf, texts } from './entry.ts'
import { readSecret } from './secret.ts'
import { readService, type ServiceConfig, serviceMembers, showService } from './service.ts'

export interface OnecConfig extends Common {
  readonly kind: 'onec'
  readonly way: OnecWay
  /** Whom we are in the base; both empty where its publication says that itself. */
  readonly username: string
  readonly password: string
  /** `oauth2`: everybody signs in with an account of the base; `none`: all use the account of the configuration. */
  readonly authMode: 'none' | 'oauth2'
  /** Tools that a person has to confirm each time. */
  readonly confirm: readonly string[]
  /** Seconds between two looks whether it is there, and after which its lists are read again. */
  readonly checkEvery: number
  readonly refresh: number
}

export type OnecWay =
  /** It is published on a web server; the `url` is that of the base: `http://srv/base`. */
  | {
      readonly transport: 'http'
      readonly service: ServiceConfig
      readonly serviceRoot: string
      readonly unlockCode: string | null
    }
  /** Both of us see one directory: a path, or the URL of one on an FTP server. @param pollEvery seconds */
  | { readonly transport: 'file'; readonly directory: string; readonly pollEvery: number }
  /** It asks us for work. */
  | { readonly transport: 'httppoll'; readonly host: string; readonly port: number; readonly token: string | null }

const transports = ['http', 'file', 'httppoll'] as const

export const onecMembers = [
  ...commonMembers,
  ...serviceMembers,
  'transport',
  'username',
  'password',
  'password_file',
  'auth_mode',
  'service_root',
  'unlock_code',
  'unlock_code_file',
  'confirm',
  'directory',
  'poll_interval',
  'host',
  'port',
  'token',
  'token_file',
]

const isFtp = (place: string): boolean => /^ftps?:\/\//i.test(place)

/** A directory of this machine, or one on an FTP server. */
export const pathOrFtp: Shape<string> = {
  expected: 'a path, or ftp://user:password@host/path',
  read(raw, place) {
    if (typeof raw !== 'string' || !/^\w{2,}:\/\//.test(raw)) return path.read(raw, place)
    return isFtp(raw) && URL.canParse(raw) ? raw : undefined
  },
}

/** Seconds that a call may take where nothing is said, by transport: reports in 1C are slow. */
const patience = { http: 120, file: 30, httppoll: 60 }

/** What asks for a person's word by itself: it runs any code in the base. */
const dangerous = ['execute_code']

/** Where a base that asks for work finds us, unless it is said: not where MCP clients do. */
export const pollPort = 9095

/** @returns undefined where it is not clear how to reach it; everything that is wrong was reported */
export function readOnec(entry: Entry, context: Context): OnecConfig | undefined {
  const { label } = entry
  const { report } = context
  const transport = readerOf(entry, { ...context, report: () => {} }).read('transport', choice(transports), 'http')
  const reader = readerOf(entry, { ...context, timeout: patience[transport] })
  const { read, common } = reader
  read('transport', choice(transports), transport)
  const username = read('username', text('a user name without a colon', /^[^:]+$/), '')
  const password = passwordIn(label, reader, report)
  if (password !== '' && username === '' && !reader.has('username')) report(`${label}: password needs username`)
  const way = readWay(transport, entry, reader, report)
  const authMode = read('auth_mode', choice(['none', 'oauth2']), 'none' as const)
  if (authMode === 'oauth2' && transport !== 'http') report(`${label}: auth_mode oauth2 needs transport http, got ${transport}`)
  const rest = {
    username,
    password,
    authMode,
    confirm: read('confirm', texts, dangerous),
    checkEvery: read('check_every', seconds('100ms', '1d'), 15),
    refresh: read('refresh', seconds('100ms', '1d'), 300),
  }
  return way && { ...common, kind: 'onec', way, ...rest }
}

function readWay(transport: OnecWay['transport'], { label }: Entry, reader: Reader, report: Report): OnecWay | undefined {
  const { has, read } = reader
  if (transport === 'http') {
    const service = readService(label, reader, report)
    const serviceRoot = read('service_root', text(), 'mcp').replace(/^\/+|\/+$/g, '')
    const unlockCode = readSecret(label, reader, 'unlock_code', report)
    return service && { transport, service, serviceRoot, unlockCode }
  }
  if (transport === 'file') {
    const directory = read('directory', pathOrFtp, '', (raw) => maskPlace(String(raw)))
    const pollEvery = read('poll_interval', seconds('10ms', '1m'), isFtp(directory) ? 1 : 0.2)
    if (directory) return { transport, directory, pollEvery }
    if (!has('directory')) report(`${label}: transport file needs a directory`)
    return undefined
  }
  const address = read('host', host, '127.0.0.1')
  const token = readSecret(label, reader, 'token', report, text('a token of at least 16 characters', /^\S{16,}$/))
  if (token === null && !has('token') && !has('token_file') && !isLoopback(address))
    report(`${label}: others can reach ${address}, so transport httppoll needs a token there, at least 16 characters`)
  return { transport, host: address, port: read('port', integer(0, 65535), pollPort), token }
}

/** An empty one is legal in 1C. In a file it ends where its line does. */
function passwordIn(label: string, { has, read }: Reader, report: Report): string {
  const file = read('password_file', orNull(path), null)
  if (file === null) return read('password', text('text', /^/), '', kindOf)
  if (has('password')) report(`${label} has both password and password_file: leave one of them out`)
  try {
    return readPrivate(file).replace(/^\uFEFF|\r?\n$/g, '')
  } catch (error) {
    report(`${label}: password_file ${file} ${reasonOf(error)}`)
    return ''
  }
}

export function showOnec({ way, ...upstream }: OnecConfig): object {
  const hidden = (secret: string | null) => (secret === null ? null : mask)
  switch (way.transport) {
    case 'http':
      return {
        ...upstream,
        password: mask,
        way: { ...way, service: showService(way.service), unlockCode: hidden(way.unlockCode) },
      }
    case 'file':
      return { ...upstream, password: mask, way: { ...way, directory: maskPlace(way.directory) } }
    case 'httppoll':
      return { ...upstream, password: mask, way: { ...way, token: hidden(way.token) } }
  }
}
