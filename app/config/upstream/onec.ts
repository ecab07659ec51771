/** A 1C base that publishes its MCP service over HTTP. */
import { mask } from '../mask.ts'
import { kindOf } from '../problems.ts'
import { choice, text } from '../shapes.ts'
import { type Common, type Context, commonMembers, type Entry, readerOf } from './entry.ts'
import { readService, type ServiceConfig, serviceMembers, showService } from './service.ts'

export interface OnecConfig extends Common {
  readonly kind: 'onec'
  /** Its `url` is that of the base: `http://srv/base`. */
  readonly service: ServiceConfig
  readonly username: string
  readonly password: string
  readonly serviceRoot: string
  /** `oauth2`: everybody signs in with an account of the base; `none`: all use the account of the configuration. */
  readonly authMode: 'none' | 'oauth2'
}

export const onecMembers = [...commonMembers, ...serviceMembers, 'username', 'password', 'service_root', 'auth_mode']

/** Seconds that a call may take where nothing is said: reports in 1C are slow. */
const patience = 120

export function readOnec(entry: Entry, context: Context): OnecConfig | undefined {
  const reader = readerOf(entry, { ...context, timeout: patience })
  const service = readService(entry.label, reader, context.report)
  if (!service) return undefined
  return {
    ...reader.common,
    kind: 'onec',
    service,
    username: reader.read('username', text(), ''),
    password: reader.read('password', text('text', /^/), '', kindOf),
    serviceRoot: reader.read('service_root', text(), 'mcp'),
    authMode: reader.read('auth_mode', choice(['none', 'oauth2']), 'none' as const),
  }
}

export const showOnec = ({ service, ...upstream }: OnecConfig): object => ({
  ...upstream,
  password: mask,
  service: showService(service),
})
