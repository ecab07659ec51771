/** What a request of 2026-07-28 carries beside itself: its `_meta`, and the headers that repeat parts of it. */
import type { Json } from '../../app/call.ts'
import { isObject } from '../../app/is-object.ts'
import type { Headers, Payload } from './entry.ts'

export const modernVersion = '2026-07-28'
const prefix = 'io.modelcontextprotocol/'

export const metaKeys = {
  version: `${prefix}protocolVersion`,
  capabilities: `${prefix}clientCapabilities`,
  client: `${prefix}clientInfo`,
  level: `${prefix}logLevel`,
} as const

/** The `_meta` of a client that can do nothing. */
const meta = (more: Json = {}): Json => ({
  [metaKeys.version]: modernVersion,
  [metaKeys.capabilities]: {},
  [metaKeys.client]: { name: 'hostile', version: '1' },
  ...more,
})

/** A request of the session era as one of 2026-07-28. What says something of that revision itself is left as it is. */
export function modernized(payload: Payload): Payload {
  if (!isObject(payload) || typeof payload.method !== 'string') return payload
  const { params = {} } = payload
  if (!isObject(params)) return payload
  const { _meta: own = {} } = params
  if (!isObject(own) || Object.keys(own).some((key) => key.startsWith(prefix))) return payload
  return { ...payload, params: { ...params, _meta: { ...meta(), ...own } } }
}

const named: Readonly<Record<string, string>> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' }

/** A request of 2026-07-28. @param more what its `_meta` has beside or in place of what is right; undefined leaves it out */
export const modernRequest = (method: string, params: Json = {}, more: Json = {}, id: number | string = 7) => ({
  jsonrpc: '2.0',
  id,
  method,
  params: { ...params, _meta: meta(more) },
})

/** The headers that an honest client would send with this body; to a body that is no request, those of a call of `echo`. */
export function headersOf(body: Buffer): Headers {
  const { method = 'tools/call', params = { name: 'echo' } } = requestIn(body)
  const name = params[named[method] ?? '']
  const version = isObject(params._meta) ? params._meta[metaKeys.version] : undefined
  return {
    'mcp-protocol-version': typeof version === 'string' ? version.trim() : modernVersion,
    'mcp-method': isPlain(method) ? method : base64Text(method),
    ...(typeof name === 'string' ? { 'mcp-name': headerText(name) } : {}),
  }
}

function requestIn(body: Buffer): { method?: string; params?: Json } {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (!isObject(value) || typeof value.method !== 'string') return {}
    return { method: value.method, params: isObject(value.params) ? value.params : {} }
  } catch {
    return {}
  }
}

/** Whether a header can carry it as it is. */
export const isPlain = (value: string): boolean => /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)

/** Plain where a header may hold it, else in the form that the revision has for the rest. */
const headerText = (value: string): string => (isPlain(value) && !/^=\?base64\?.*\?=$/.test(value) ? value : base64Text(value))

/** More than a header may hold, whatever form it has there. */
export const fitsHeader = (value: unknown): boolean => typeof value !== 'string' || Buffer.byteLength(value) < 10_000

export const base64Text = (value: string): string => `=?base64?${Buffer.from(value).toString('base64')}?=`
