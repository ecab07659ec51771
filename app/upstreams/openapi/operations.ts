/** The operations of a document, in its order, with what their path says for all of them. */
import type { Json } from '../../call.ts'
import type { OperationFilter } from '../../config/upstream/openapi-filter.ts'
import { isObject } from '../../is-object.ts'
import { Broken, type Documents, type Located } from './documents.ts'

export interface Operation {
  readonly method: string
  readonly path: string
  /** As the document calls it; undefined where it does not. */
  readonly id: string | undefined
  readonly value: Json
  readonly at: string
  /** Its own parameters, before those of its path; each may be a reference. */
  readonly parameters: readonly Located[]
  readonly servers: unknown
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

/**
 * @param leave takes a sentence about a path or an operation that is none
 * @throws Broken where there are no paths at all
 */
export function* operationsIn(
  root: Json,
  at: string,
  documents: Documents,
  leave: (sentence: string) => void,
): Generator<Operation> {
  if (root.paths === undefined && isObject(root.webhooks)) return
  const paths = documents.object(root.paths, at, 'paths')
  for (const [path, item] of Object.entries(paths.value)) {
    if (!path.startsWith('/')) {
      if (!path.startsWith('x-')) leave(`${path}: a path begins with /`)
      continue
    }
    try {
      yield* ofPath(path, documents.object(item, paths.at, 'it'), documents, leave)
    } catch (problem) {
      if (!(problem instanceof Broken)) throw problem
      leave(`${path}: ${problem.message}`)
    }
  }
}

function* ofPath(
  path: string,
  { value: item, at }: { value: Json; at: string },
  documents: Documents,
  leave: (sentence: string) => void,
): Generator<Operation> {
  const shared = listOf(item.parameters, at)
  for (const [word, value] of Object.entries(item)) {
    if (word === 'trace') leave(`TRACE ${path}: the method TRACE is not sent`)
    if (!methods.includes(word)) continue
    if (!isObject(value)) {
      leave(`${word.toUpperCase()} ${path}: it is no object`)
      continue
    }
    const { operationId } = value
    yield {
      method: word.toUpperCase(),
      path,
      id: typeof operationId === 'string' && operationId !== '' ? operationId : undefined,
      value,
      at,
      parameters: merged(listOf(value.parameters, at), shared, documents),
      servers: value.servers ?? item.servers,
    }
  }
}

const listOf = (value: unknown, at: string): Located[] => (Array.isArray(value) ? value.map((each) => ({ value: each, at })) : [])

/** An operation's own parameter stands for one of the same name and place of its path. */
function merged(own: readonly Located[], shared: readonly Located[], documents: Documents): Located[] {
  const keyOf = ({ value, at }: Located): string => {
    try {
      const found = documents.follow(value, at).value
      return isObject(found) ? `${found.in} ${found.name}` : ''
    } catch {
      return ''
    }
  }
  const keys = new Set(own.map(keyOf))
  return [...own, ...shared.filter((each) => !keys.has(keyOf(each)))]
}

/** Whether the configuration wants it. */
export function isWanted(operation: Operation, include: OperationFilter | null, exclude: OperationFilter | null): boolean {
  if (exclude && answersTo(operation, exclude).some((fits) => fits === true)) return false
  return !include || answersTo(operation, include).every((fits) => fits !== false)
}

/** What each member of the filter says; undefined where it says nothing. */
function answersTo({ method, path, id, value }: Operation, filter: OperationFilter): (boolean | undefined)[] {
  const tags = Array.isArray(value.tags) ? value.tags : []
  const said = (list: readonly string[], fits: (entry: string) => boolean) => (list.length ? list.some(fits) : undefined)
  return [
    said(filter.tags, (tag) => tags.includes(tag)),
    said(filter.methods, (each) => each === method.toLowerCase()),
    said(filter.paths, (pattern) => fitsPattern(pattern, path)),
    said(filter.operations, (pattern) => fitsPattern(pattern, id ?? '')),
  ]
}

/** `*` is anything within a segment, `**` anything. */
export function fitsPattern(pattern: string, text: string): boolean {
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    return part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 's').test(text)
}
