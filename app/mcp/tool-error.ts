/** How a tool call that failed is answered: what a model can mend as a result that says so (SEP-1303), the rest as a protocol error. */
import type { Result } from '../call.ts'
import { meaningOf, toFailure } from '../errors.ts'

/** Throws the Failure that a protocol error is made of. */
export function asToolResult(error: unknown): Result {
  const failure = toFailure(error)
  if (!meaningOf(failure.code).mendable) throw failure
  return {
    content: [{ type: 'text', text: failure.message }],
    isError: true,
    _meta: { 'switchyard/error': { code: failure.code, ...failure.data } },
  }
}
