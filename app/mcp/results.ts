/** What a result looks like in each era: the same content, with what 2026-07-28 wants beside it, or without what earlier clients choke on. */
import type { Json, Result } from '../call.ts'
import { isObject } from '../is-object.ts'
import { version } from '../version.ts'
import { metaNames } from './era.ts'

export const serverInfo: Json = { name: 'switchyard', title: 'Switchyard', version }

const signed = `"_meta":${JSON.stringify({ [metaNames.server]: serverInfo })}`

/** How long, in ms, clients may keep what does not change without their being told; and whether one may have what another got. */
export interface Caching {
  readonly ttlMs: number
  readonly cacheScope: 'public' | 'private'
}

/** Never kept, because nobody knows what it depends on. */
export const notKept: Caching = { ttlMs: 0, cacheScope: 'private' }

/**
 * The text of a complete result of 2026-07-28.
 * @param text of a JSON object that has none of the members that are put before it
 */
export function completeText(text: string, caching?: Caching): string {
  const kept = caching ? `"ttlMs":${caching.ttlMs},"cacheScope":"${caching.cacheScope}",` : ''
  const head = `{"resultType":"complete",${kept}${signed}`
  return text === '{}' ? `${head}}` : `${head},${text.slice(1)}`
}

/**
 * The text of a result in 2026-07-28.
 * @param caching for what does not say itself how long it is good; whom it is for we decide in any case, because we decide who may ask.
 *   Not for results that are never kept
 */
export function modernText(result: Result, caching?: Caching): string {
  if (
    result._meta === undefined &&
    result.ttlMs === undefined &&
    result.cacheScope === undefined &&
    result.resultType === undefined
  )
    return completeText(JSON.stringify(result), caching)
  const meta = isObject(result._meta) ? result._meta : {}
  const scope = caching && { cacheScope: caching.cacheScope }
  return JSON.stringify({
    resultType: 'complete',
    ...caching,
    ...result,
    ...scope,
    _meta: { ...meta, [metaNames.server]: serverInfo },
  })
}

/** The text of a result for clients with sessions: structured content is an object there, and what only 2026-07-28 knows is left out. */
export function sessionText(result: Result): string {
  if (result.resultType === undefined && (result.structuredContent === undefined || isObject(result.structuredContent)))
    return JSON.stringify(result)
  const { resultType: _, structuredContent, ...rest } = result
  if (structuredContent === undefined) return JSON.stringify(rest)
  if (isObject(structuredContent)) return JSON.stringify({ ...rest, structuredContent })
  return JSON.stringify({ ...rest, content: toldIn(rest.content, structuredContent) })
}

/** The blocks, in which the structured content stands as a text somewhere. */
export function toldIn(content: unknown, structuredContent: unknown): Json[] {
  const text = JSON.stringify(structuredContent)
  const blocks = Array.isArray(content) ? (content as Json[]) : []
  return blocks.some((block) => block?.text === text) ? blocks : [...blocks, { type: 'text', text }]
}
