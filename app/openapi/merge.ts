/** Joins OpenAPI documents of several services into one: what is called the same in two of them is kept apart by the service's name. */
import type { Json } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { rewrite } from './rewrite.ts'

/** A document, and what it is called here: letters, digits, `_` and `-`. */
export interface Source {
  readonly name: string
  readonly document: unknown
}

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])

/**
 * Paths get `/NAME` before them, components, tags, operations and ways to sign in `NAME_`; references follow.
 * @param base an OpenAPI 3.0 document, which stays as it is
 * @throws Failure `invalid_params` for a source that is no OpenAPI 3 document; `checkSource` says so before
 */
export function mergeDocuments(base: Json, sources: readonly Source[]): Json {
  const merged = { ...base, tags: listOf(base.tags), paths: objectOf(base.paths), components: objectOf(base.components) }
  for (const { name, document } of sources) {
    const its = checkSource(document)
    const renamed = rewrite(its, name) as Json
    merged.tags = [...merged.tags, ...listOf(renamed.tags).map((tag) => ({ ...tag, name: `${name}_${tag.name}` })), { name }]
    merged.paths = { ...merged.paths, ...pathsOf(renamed, name) }
    merged.components = withComponents(merged.components, objectOf(renamed.components), name)
  }
  return { ...merged, tags: [...new Map(merged.tags.map((tag) => [tag.name, tag])).values()] }
}

/** Throws Failure `invalid_params` for what cannot be joined; its sentence says why. */
export function checkSource(document: unknown): Json {
  if (!isObject(document)) throw new Failure('invalid_params', 'it is no OpenAPI document: not an object')
  if (document.swagger !== undefined)
    throw new Failure(
      'invalid_params',
      `it is Swagger ${document.swagger}: convert it to OpenAPI 3 first, for example with swagger2openapi`,
    )
  if (!/^3\.[01]\.\d+/.test(String(document.openapi)))
    throw new Failure(
      'invalid_params',
      `it is no OpenAPI document of 3.0 or 3.1: openapi is ${JSON.stringify(document.openapi)?.slice(0, 40)}`,
    )
  return document
}

function pathsOf({ paths, security, tags: _, ...rest }: Json, name: string): Json {
  return Object.fromEntries(
    Object.entries(objectOf(paths)).map(([path, item]) => {
      const made = Object.entries(objectOf(item)).map(([word, part]) => [
        word,
        methods.has(word) && isObject(part) ? operationOf(part, name, security) : part,
      ])
      const servers = word(rest.servers)
      return [`/${name}${path}`, { ...(servers ? { 'x-servers': servers } : {}), ...Object.fromEntries(made) }]
    }),
  )
}

/** What the document says for all of its operations each of them has to say for itself now. */
function operationOf({ tags, operationId, security, ...operation }: Json, name: string, general: unknown): Json {
  const names = Array.isArray(tags) ? tags : []
  const needed = security ?? general ?? []
  return {
    ...operation,
    ...(typeof operationId === 'string' ? { operationId: `${name}_${operationId}` } : {}),
    tags: names.length ? names.map((tag) => `${name}_${tag}`) : [name],
    security: listOf(needed).map((one) =>
      Object.fromEntries(Object.entries(one).map(([key, value]) => [`${name}_${key}`, value])),
    ),
  }
}

function withComponents(before: Json, its: Json, name: string): Json {
  const kinds = Object.entries(its).filter(([kind]) => !kind.startsWith('x-') && kind !== 'pathItems')
  const made = kinds.map(([kind, parts]) => {
    const renamed = Object.entries(objectOf(parts)).map(([key, part]) => [`${name}_${key}`, part])
    return [kind, { ...objectOf(before[kind]), ...Object.fromEntries(renamed) }]
  })
  return { ...before, ...Object.fromEntries(made) }
}

const word = (servers: unknown) => (Array.isArray(servers) && servers.length ? servers : undefined)
const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
