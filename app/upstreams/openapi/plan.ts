/** What is known of an operation once its document was read: how arguments become a request. Plain JSON, kept with the lists. Types only. */
import type { Json } from '../../call.ts'

export type Place = 'path' | 'query' | 'header' | 'cookie'

export interface ParameterPlan {
  /** What the tool calls it. */
  readonly argument: string
  /** What the service calls it. */
  readonly name: string
  readonly in: Place
  readonly style: string
  readonly explode: boolean
  /** Reserved characters stay as they are. */
  readonly reserved?: boolean
  /** Its value is sent as JSON text. */
  readonly json?: boolean
}

export interface FieldPlan {
  readonly style?: string
  readonly explode?: boolean
  readonly contentType?: string
  /** Its values are files. */
  readonly file?: boolean
}

export interface BodyPlan {
  readonly how: 'json' | 'form' | 'multipart' | 'text' | 'binary'
  readonly type: string
  /** The argument that is the body; where there is none, the body is made of members. */
  readonly argument?: string
  /** Arguments, and what the body calls them. */
  readonly members?: readonly (readonly [string, string])[]
  /** Of a form: how each of its fields is written, where that is said. */
  readonly fields?: Readonly<Record<string, FieldPlan>>
}

export interface OperationPlan {
  readonly method: string
  /** With `{name}` where a parameter stands. */
  readonly path: string
  /** What the path is put behind. */
  readonly server: string
  readonly parameters: readonly ParameterPlan[]
  readonly body?: BodyPlan
  readonly accept: string
}

/** One tool as it is kept. */
export interface ToolEntry extends Json {
  /** As the document calls the operation. */
  readonly id: string
  /** As MCP clients see it, but for its name. */
  readonly definition: Json
  readonly plan: OperationPlan
}

/** One resource, or template, as it is kept. */
export interface ResourceEntry extends Json {
  /** With `{name}` where a parameter stands. */
  readonly uri: string
  readonly definition: Json
  readonly plan: OperationPlan
}
