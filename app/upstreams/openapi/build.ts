/** A whole document as tools and resources. What is wrong in it costs the operation that it stands in, and no other. */
import type { Json } from '../../call.ts'
import type { OperationFilter } from '../../config/upstream/openapi-filter.ts'
import { type Described, idOf, toolOf } from './build-tool.ts'
import { dialectOf, nameOf } from './dialect.ts'
import { Broken, type Documents } from './documents.ts'
import { isWanted, operationsIn } from './operations.ts'
import type { Supplied } from './parameters.ts'
import type { ResourceEntry, ToolEntry } from './plan.ts'
import { resourceOf } from './resources.ts'
import { wantedBy } from './security.ts'
import { type Servers, serverOf } from './servers.ts'

export interface BuildOptions {
  /** Of the upstream. */
  readonly name: string
  readonly servers: Servers
  readonly supplied: Supplied
  readonly include: OperationFilter | null
  readonly exclude: OperationFilter | null
  readonly resources: boolean
}

/** What is known of the service as a whole. */
export interface About extends Json {
  readonly name: string
  readonly version: string
  /** What it wants to be shown, in words. */
  readonly wants: readonly string[]
  readonly leftOut: readonly string[]
}

export interface Built {
  readonly tools: ToolEntry[]
  readonly resources: ResourceEntry[]
  readonly templates: ResourceEntry[]
}

/** How many are told one by one. */
const mostTold = 200

/**
 * @param hand takes what was built, in pieces
 * @throws Broken where nothing of the document can be used
 */
export function build(documents: Documents, at: string, options: BuildOptions, hand: (piece: Built) => void): About {
  const { value: root } = documents.object(documents.find('#', at).value, at, 'it')
  const dialect = dialectOf(root)
  const described: Described = { root, dialect, documents, servers: options.servers, supplied: options.supplied }
  const leftOut: string[] = []
  const leave = (sentence: string) => leftOut.push(sentence)
  let piece: Built = { tools: [], resources: [], templates: [] }
  // Where the service as a whole is out of reach, that is one sentence and not one for each operation.
  serverOf(root, undefined, dialect, options.servers)
  for (const operation of operationsIn(root, at, documents, leave)) {
    if (!isWanted(operation, options.include, options.exclude)) continue
    try {
      const tool = toolOf(operation, described)
      piece.tools.push(tool)
      const resource = options.resources ? resourceOf(tool, options.name) : undefined
      if (resource) (resource.uri.includes('{') ? piece.templates : piece.resources).push(resource)
    } catch (problem) {
      leave(`${idOf(operation)} (${operation.method} ${operation.path}): ${reasonFor(problem)}`)
    }
    if (piece.tools.length < 50) continue
    hand(piece)
    piece = { tools: [], resources: [], templates: [] }
  }
  hand(piece)
  return { ...nameOf(root), wants: wantedBy(root, at, documents), leftOut: told(leftOut) }
}

function reasonFor(problem: unknown): string {
  if (problem instanceof Broken) return problem.message
  if (problem instanceof RangeError) return 'it is nested too deep'
  throw problem
}

const told = (sentences: readonly string[]): string[] =>
  sentences.length <= mostTold ? [...sentences] : [...sentences.slice(0, mostTold), `and ${sentences.length - mostTold} more`]
