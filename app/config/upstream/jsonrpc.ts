/** A service whose commands are called by JSON-RPC on one URL, mostly `/cmd`. */
import { orNull, seconds } from '../shapes.ts'
import { type Common, type Context, commonMembers, type Entry, readerOf } from './entry.ts'
import { readService, type ServiceConfig, serviceMembers, showService } from './service.ts'

export interface JsonrpcConfig extends Common {
  readonly kind: 'jsonrpc'
  /** Its `url` is the one that commands are sent to. */
  readonly service: ServiceConfig
  /** Seconds between two looks at a command that was put into a queue; null: its job id is the result. */
  readonly pollInterval: number | null
}

export const jsonrpcMembers = [...commonMembers, ...serviceMembers, 'poll_interval']

export function readJsonrpc(entry: Entry, context: Context): JsonrpcConfig | undefined {
  const reader = readerOf(entry, context)
  const service = readService(entry.label, reader, context.report)
  const pollInterval = reader.read('poll_interval', orNull(seconds('100ms', '1h')), null)
  return service && { ...reader.common, kind: 'jsonrpc', service, pollInterval }
}

export const showJsonrpc = ({ service, ...upstream }: JsonrpcConfig): object => ({ ...upstream, service: showService(service) })
