/** A REST service that describes itself by an OpenAPI document. */
import { type Common, type Context, commonMembers, type Entry, readerOf } from './entry.ts'
import { readService, type ServiceConfig, serviceMembers, showService } from './service.ts'

export interface OpenapiConfig extends Common {
  readonly kind: 'openapi'
  /** Its `url` is that of the document. */
  readonly service: ServiceConfig
}

export const openapiMembers = [...commonMembers, ...serviceMembers]

export function readOpenapi(entry: Entry, context: Context): OpenapiConfig | undefined {
  const reader = readerOf(entry, context)
  const service = readService(entry.label, reader, context.report)
  return service && { ...reader.common, kind: 'openapi', service }
}

export const showOpenapi = ({ service, ...upstream }: OpenapiConfig): object => ({ ...upstream, service: showService(service) })
