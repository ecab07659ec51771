/** Which operations of a document are meant: what may be said in `include` and `exclude`. */
import { isMapping } from '../file.ts'
import { kindOf } from '../problems.ts'
import { type Context, readerOf, texts } from './entry.ts'

export interface OperationFilter {
  readonly tags: readonly string[]
  /** In lower case. */
  readonly methods: readonly string[]
  /** Patterns: `*` stands for anything within a segment, `**` for anything. */
  readonly paths: readonly string[]
  /** Patterns of operation ids. */
  readonly operations: readonly string[]
}

const members = ['tags', 'methods', 'paths', 'operations']

/** @returns null where nothing is said; everything that is wrong was reported */
export function readFilter(label: string, key: string, raw: unknown, context: Context): OperationFilter | null {
  if (raw === undefined || raw === null) return null
  const place = `${label}: ${key}`
  if (!isMapping(raw)) {
    context.report(`${place} must be a mapping with some of ${members.join(', ')}, got ${kindOf(raw)}`)
    return null
  }
  for (const unknown of Object.keys(raw).filter((each) => !members.includes(each))) {
    context.report(`${place}: unknown key ${unknown}: known here are ${members.join(', ')}`)
  }
  const { read } = readerOf({ label: place, name: '', members: raw }, context)
  return {
    tags: read('tags', texts, []),
    methods: read('methods', texts, []).map((method) => method.toLowerCase()),
    paths: read('paths', texts, []),
    operations: read('operations', texts, []),
  }
}
