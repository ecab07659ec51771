/** One operation as a tool: its name, what it is for, what goes in and what comes out. */
import type { Json } from '../../call.ts'
import { bodyOf } from './bodies.ts'
import type { Dialect } from './dialect.ts'
import type { Documents } from './documents.ts'
import { inputOf } from './inputs.ts'
import type { Operation } from './operations.ts'
import { outputOf } from './outputs.ts'
import { parametersOf, type Supplied } from './parameters.ts'
import type { ToolEntry } from './plan.ts'
import { bounded } from './schema-words.ts'
import { type Servers, serverOf } from './servers.ts'

export interface Described {
  readonly root: Json
  readonly dialect: Dialect
  readonly documents: Documents
  readonly servers: Servers
  readonly supplied: Supplied
}

/** The longest description, in characters. */
const longest = 1_500

/** @throws Broken where the operation cannot be called */
export function toolOf(operation: Operation, { root, dialect, documents, servers, supplied }: Described): ToolEntry {
  const { method, path, value } = operation
  // The body of a GET means nothing and is ignored (OpenAPI 3.0.3, operation object).
  const body = method === 'GET' || method === 'HEAD' ? undefined : bodyOf(operation, root, documents, dialect)
  const input = inputOf(parametersOf(operation, documents, dialect, supplied), body, documents)
  const { schema, accept } = outputOf(operation, root, documents, dialect)
  const title = textOf(value.summary)
  return {
    id: idOf(operation),
    definition: {
      ...(title ? { title: bounded(title, 200) } : {}),
      description: descriptionOf(operation, input.cut),
      inputSchema: input.schema,
      ...(schema ? { outputSchema: schema } : {}),
      annotations: annotationsOf(method, title),
    },
    plan: {
      method,
      path,
      server: serverOf(root, operation.servers, dialect, servers),
      parameters: input.parameters,
      ...(input.body ? { body: input.body } : {}),
      accept,
    },
  }
}

/** What the document calls it, or else its method and path, readable: `get_pets_id_toys`. */
export function idOf({ id, method, path }: Operation): string {
  if (id !== undefined) return id
  const words = path.split(/[^\p{L}\p{N}_.-]+/u).filter(Boolean)
  return [method.toLowerCase(), ...words].join('_')
}

function descriptionOf({ method, path, value }: Operation, cut: boolean): string {
  const [summary, description] = [textOf(value.summary), textOf(value.description)]
  const said = summary && !description.startsWith(summary) ? `${summary}\n\n${description}` : description
  const notes = [
    ...(value.deprecated === true ? ['Deprecated.'] : []),
    ...(cut ? ['Its arguments are not described to the last level, because they are too many.'] : []),
  ].join(' ')
  const text = bounded(said.trim() || `${method} ${path}`, longest - notes.length - 1)
  return notes ? `${notes} ${text}` : text
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** What the method promises (RFC 9110, section 9.2). */
function annotationsOf(method: string, title: string): Json {
  const safe = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  return {
    ...(title ? { title: bounded(title, 200) } : {}),
    readOnlyHint: safe,
    ...(method === 'DELETE' ? { destructiveHint: true } : {}),
    ...(safe || method === 'PUT' || method === 'DELETE' ? { idempotentHint: true } : {}),
    openWorldHint: true,
  }
}
