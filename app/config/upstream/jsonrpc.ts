/** A service whose commands are called by JSON-RPC on one URL, mostly `/cmd`. */
import { type Common, type Context, commonMembers, type Entry, readerOf } from './entry.ts'
import { readService, type ServiceConfig, serviceMembers, showService } from './service.ts'

export interface JsonrpcConfig extends Common {
  readonly kind: 'jsonrpc'
  /** Its `url` is the one that commands are sent to. */
  readonly service: ServiceConfig
}

export const jsonrpcMembers = [...commonMembers, ...serviceMembers]

export function readJsonrpc(entry: Entry, context: Context): JsonrpcConfig | undefined {
  const reader = readerOf(entry, context)
  const service = readService(entry.label, reader, context.report)
  return service && { ...reader.common, kind: 'jsonrpc', service }
}

export const showJsonrpc = ({ service, ...upstream }: JsonrpcConfig): object => ({ ...upstream, service: showService(service) })
