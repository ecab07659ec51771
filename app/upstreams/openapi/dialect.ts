/** Which specification a document keeps to. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { Broken } from './documents.ts'

export type Dialect = '2.0' | '3.0' | '3.1'

/** @throws Broken for what is no OpenAPI document, or of a version that we do not know */
export function dialectOf(document: unknown): Dialect {
  if (!isObject(document)) throw new Broken('it is no OpenAPI document: it must be an object with a member openapi or swagger')
  if (document.swagger !== undefined) {
    if (String(document.swagger).startsWith('2')) return '2.0'
    throw new Broken(`Swagger ${document.swagger} is not known: it must be 2.0, or OpenAPI 3.0 or 3.1`)
  }
  if (document.openapi === undefined) throw new Broken('it is no OpenAPI document: it has neither openapi nor swagger')
  const version = String(document.openapi)
  if (version.startsWith('3.0')) return '3.0'
  // 3.2 only adds to 3.1.
  if (/^3\.[12]/.test(version)) return '3.1'
  throw new Broken(`OpenAPI ${version} is not known: it must be 3.0 or 3.1, or Swagger 2.0`)
}

/** Its title and version, for people. */
export function nameOf(document: Json): { name: string; version: string } {
  const info = isObject(document.info) ? document.info : {}
  return { name: String(info.title ?? 'unnamed').slice(0, 200), version: String(info.version ?? '').slice(0, 50) }
}
