/** A REST service that describes itself by an OpenAPI document. */
import { maskUrl } from '../mask.ts'
import { orNull, path, url, yesNo } from '../shapes.ts'
import { type Common, type Context, commonMembers, type Entry, readerOf } from './entry.ts'
import { type OpenapiAuth, readAuth, showAuth } from './openapi-auth.ts'
import { type OperationFilter, readFilter } from './openapi-filter.ts'
import { readService, type ServiceConfig, serviceMembers, showService } from './service.ts'

export interface OpenapiConfig extends Common {
  readonly kind: 'openapi'
  readonly document: { readonly url: string } | { readonly file: string }
  /** Wins over the servers that the document names. */
  readonly baseUrl: string | null
  /** Its `url` is the base url, or that of the document: what is configured goes to that origin and to no other. */
  readonly service: ServiceConfig
  readonly auth: OpenapiAuth | null
  readonly include: OperationFilter | null
  readonly exclude: OperationFilter | null
  /** Whether what can be read without more than its path is offered as resources too. */
  readonly resources: boolean
}

export const openapiMembers = [...commonMembers, ...serviceMembers, 'file', 'base_url', 'auth', 'include', 'exclude', 'resources']

const httpUrl = url(['http', 'https'], 'an http:// or https:// URL')
/** A document in a file has no origin, and this is one that no service has (RFC 2606). */
const nowhere = 'http://file.invalid/'

/** @returns undefined where it is not clear where the document is; everything that is wrong was reported */
export function readOpenapi(entry: Entry, context: Context): OpenapiConfig | undefined {
  const { label, members } = entry
  const reader = readerOf(entry, context)
  const { has, read } = reader
  const shown = (raw: unknown) => maskUrl(String(raw))
  const address = read('url', httpUrl, '', shown)
  const file = read('file', path, '')
  const baseUrl = read('base_url', orNull(httpUrl), null, shown)
  const service = readService(label, reader, context.report, baseUrl ?? (address || nowhere))
  const rest = {
    baseUrl,
    auth: readAuth(label, members.auth, context),
    include: readFilter(label, 'include', members.include, context),
    exclude: readFilter(label, 'exclude', members.exclude, context),
    resources: read('resources', yesNo, false),
  }
  if (has('url') === has('file')) {
    context.report(`${label} must have either url or file: where its OpenAPI document is`)
    return undefined
  }
  if (!service || !(address || file)) return undefined
  return { ...reader.common, kind: 'openapi', document: address ? { url: address } : { file }, service, ...rest }
}

export const showOpenapi = ({ document, baseUrl, service, auth, ...upstream }: OpenapiConfig): object => ({
  ...upstream,
  document: 'url' in document ? { url: maskUrl(document.url) } : document,
  baseUrl: baseUrl === null ? null : maskUrl(baseUrl),
  service: showService(service),
  auth: showAuth(auth),
})
