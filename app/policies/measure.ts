/** Counts and times every call, whatever becomes of it. */
import type { Policy } from '../call.ts'
import { toFailure } from '../errors.ts'
import type { Metrics } from '../metrics.ts'

export const measure = (metrics: Metrics): Policy => {
  return (next) =>
    async function measured(call) {
      const began = performance.now()
      const done = (outcome: string) => metrics.called(call.command, call.via, outcome, (performance.now() - began) / 1000)
      try {
        const result = await next(call)
        if (!call.quiet) done(result.isError === true ? 'tool_error' : 'ok')
        return result
      } catch (error) {
        done(toFailure(error).code)
        throw error
      }
    }
}
