/** What a service answered, as the result of a tool. */
import { STATUS_CODES } from 'node:http'
import type { Json, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { ServiceAnswer } from '../http/service.ts'
import { howOf } from './bodies.ts'

/** What of a structured answer fits what its tool says about it. */
export type Fitting = (value: Json) => Json

/**
 * @param uri under which bytes are shown
 * @param fitting undefined for a tool that promises nothing
 */
export function resultOf(answer: ServiceAnswer, uri: string, fitting: Fitting | undefined): Result {
  const { status, body } = answer
  const type = mediaTypeOf(answer)
  if (body.length === 0) return asText(`${status} ${STATUS_CODES[status] ?? ''}: done, the service has nothing to say`, fitting)
  if (type === '' || howOf(type) === 'json') {
    const parsed = parsedOf(answer)
    if (parsed) return asJson(answer.text(), parsed.value, fitting)
  }
  if (isText(type)) return asText(answer.text(), fitting)
  return { content: [bytes(type, body, uri)], ...(fitting ? { structuredContent: {} } : {}) }
}

export function mediaTypeOf({ headers }: Pick<ServiceAnswer, 'headers'>): string {
  const [type = ''] = [headers['content-type']].flat()
  return type.split(';', 1)[0]!.trim().toLowerCase()
}

const isText = (type: string): boolean => type === '' || howOf(type) !== 'binary' || type === 'application/javascript'

/** Another form of the same, for a tool that promises an object and got none. */
const asText = (text: string, fitting: Fitting | undefined): Result => ({
  content: [{ type: 'text', text }],
  ...(fitting ? { structuredContent: {} } : {}),
})

function asJson(text: string, value: unknown, fitting: Fitting | undefined): Result {
  // Numbers beyond 2^53 are right in the text alone.
  const shown = /\d{16}/.test(text) ? text : JSON.stringify(value)
  const content = [{ type: 'text', text: shown }]
  if (!fitting) return { content, structuredContent: value }
  return { content, structuredContent: isObject(value) ? fitting(value) : {} }
}

/** What calls itself JSON and is none is shown as the text that it is. */
function parsedOf(answer: ServiceAnswer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(answer.text()) }
  } catch {
    return undefined
  }
}

function bytes(type: string, body: Buffer, uri: string): Json {
  const data = body.toString('base64')
  if (/^image\/[\w.+-]+$/.test(type)) return { type: 'image', data, mimeType: type }
  if (/^audio\/[\w.+-]+$/.test(type)) return { type: 'audio', data, mimeType: type }
  return { type: 'resource', resource: { uri, mimeType: type, blob: data } }
}
