/** What is wrong with a resource that a command file exports. */
import { UriTemplate } from '@modelcontextprotocol/sdk/shared/uriTemplate.js'
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { common, isText, kindOf, optionalFunction, optionalObject, type Problem, unknown } from './problems.ts'

const members = new Set([
  'kind',
  'uri',
  'name',
  'title',
  'description',
  'mimeType',
  'scope',
  'timeout',
  'annotations',
  'icons',
  'size',
  'read',
  'complete',
  'watch',
])

export function* checkResource(value: Json): Generator<Problem> {
  const { uri, mimeType, annotations, size, read, complete, watch } = value
  yield* common(value, 'say what the resource holds')
  if (!isText(uri) || !/^[a-z][a-z0-9+.-]*:/i.test(uri))
    yield `uri must be a URI or a template of one, such as notes://{id}, got ${JSON.stringify(uri)?.slice(0, 80) ?? 'nothing'}`
  else yield* template(uri)
  if (typeof read !== 'function') yield `read must be a function, got ${kindOf(read)}`
  if (mimeType !== undefined && !isText(mimeType)) yield 'mimeType must be a text'
  if (size !== undefined && !(typeof size === 'number' && size >= 0)) yield 'size must be a number of bytes'
  yield* optionalObject('annotations', annotations)
  yield* optionalFunction('watch', watch)
  yield* optionalObject('complete', complete)
  if (isObject(complete)) for (const [name, each] of Object.entries(complete)) yield* optionalFunction(`complete.${name}`, each)
  yield* unknown(value, members, 'the resource')
}

function* template(uri: string): Generator<string> {
  try {
    new UriTemplate(uri)
  } catch (error) {
    yield `uri is not a template that can be used: ${error instanceof Error ? error.message : String(error)}`
  }
}
