/** What can go wrong, said once: a stable code, what each protocol calls it, and a sentence for the person outside. */
import { secrets } from './secrets.ts'

interface Meaning {
  /** HTTP status. */
  readonly status: number
  /** JSON-RPC code on `/cmd` and REST: the adapter's domain, where -32001 to -32003 have meanings of their own. */
  readonly rpc: number
  /** JSON-RPC code in MCP. */
  readonly mcp: number
  /** The same in 2026-07-28, where it differs: -32000 to -32019 are not to be used there, and what is ours stands outside of JSON-RPC's range. */
  readonly modern?: number
  /** A model can mend it: a tool call answers with `isError` and the sentence, not with a protocol error. */
  readonly mendable?: boolean
}

/** Every code has a section in docs/errors.md (a test holds the two together). */
export const meanings = {
  parse_error: { status: 400, rpc: -32700, mcp: -32700 },
  invalid_request: { status: 400, rpc: -32600, mcp: -32600 },
  unknown_method: { status: 404, rpc: -32601, mcp: -32601 },
  unknown_command: { status: 404, rpc: -32601, mcp: -32602 },
  unknown_resource: { status: 404, rpc: -32601, mcp: -32002, modern: -32602 },
  invalid_params: { status: 400, rpc: -32602, mcp: -32602 },
  invalid_arguments: { status: 400, rpc: -32602, mcp: -32602, mendable: true },
  unauthorized: { status: 401, rpc: -32001, mcp: -32001, modern: -31401 },
  forbidden: { status: 403, rpc: -32002, mcp: -32003, modern: -31403 },
  unknown_session: { status: 404, rpc: -32001, mcp: -32001 },
  header_mismatch: { status: 400, rpc: -32600, mcp: -32020 },
  client_lacks: { status: 400, rpc: -32000, mcp: -32021 },
  page_required: { status: 400, rpc: -32000, mcp: -32042, modern: -31428 },
  unknown_version: { status: 400, rpc: -32600, mcp: -32022 },
  limited: { status: 429, rpc: -32000, mcp: -32000, modern: -31429, mendable: true },
  too_large: { status: 413, rpc: -32600, mcp: -32600 },
  timeout: { status: 504, rpc: -32003, mcp: -32000, modern: -31504, mendable: true },
  cancelled: { status: 499, rpc: -32000, mcp: -32000, modern: -31499 },
  failed: { status: 422, rpc: -32000, mcp: -32000, modern: -31422, mendable: true },
  upstream_failed: { status: 502, rpc: -32000, mcp: -32000, modern: -31502, mendable: true },
  upstream_away: { status: 503, rpc: -32000, mcp: -32000, modern: -31503, mendable: true },
  unavailable: { status: 503, rpc: -32000, mcp: -32000, modern: -31503 },
  conflict: { status: 409, rpc: -32000, mcp: -32000, modern: -31409 },
  internal: { status: 500, rpc: -32603, mcp: -32603 },
} as const satisfies Record<string, Meaning>

export type Code = keyof typeof meanings

/** What `limited` says to programs: how much there may be, in which time or at the same time, and when trying again makes sense. */
export type Bound = Record<string, unknown> & {
  readonly limit: number
  /** Seconds. */
  readonly retry_after: number
} & ({ readonly window: number; readonly concurrent?: never } | { readonly concurrent: true; readonly window?: never })

interface More {
  readonly data?: Record<string, unknown>
  readonly cause?: unknown
}

/**
 * Thrown for everything that the person outside should be told. The cause stays inside and goes into the log. Secrets that somebody else has
 * put into the sentence, or into the fields, are taken out of it.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: Code
  /** For programs: named fields such as `limit` or `retry_after` (seconds). */
  readonly data: Record<string, unknown> | undefined

  constructor(code: 'limited', message: string, options: More & { readonly data: Bound })
  constructor(code: Exclude<Code, 'limited'>, message: string, options?: More)
  constructor(code: Code, message: string, options: More = {}) {
    super(secrets.mask(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.data = options.data && secrets.maskWithin(options.data)
  }

  /** What was a Failure before, and said then all that its code has to say: one that was kept, or that gets more fields. */
  static again(code: Code, message: string, options: More): Failure {
    return new Failure(code as Exclude<Code, 'limited'>, message, options)
  }
}

/** The cause of a failure that says "unknown" of something that exists, and that this caller may not have. For the history alone. */
export class Hidden extends Error {
  override readonly name = 'Hidden'
  constructor() {
    super('it exists, and is not for this caller')
  }
}

/** What the code means in each protocol. */
export const meaningOf = (code: Code): Meaning => meanings[code]

/** Anything that was thrown, as something that may be shown outside: what is not a Failure becomes `internal`, without its text. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  // Libraries put words of their own around what was thrown inside of them.
  if (error instanceof Error && error.cause instanceof Failure) return error.cause
  return new Failure('internal', 'internal error: the details are in the server log', { cause: error })
}
