/** Keeps what a wire tells, in its order. */
import type { Json } from '../../app/call.ts'
import type { WireEvents } from '../../app/upstreams/mcp/wire.ts'

export interface Heard extends WireEvents {
  readonly messages: { readonly message: Json; readonly from: string | undefined }[]
  readonly failures: { readonly from: string; readonly error: Error }[]
  readonly errors: Error[]
  readonly ends: string[]
  /** Called with each message; may do what a handler may do, throw too. */
  whenMessage?: (message: Json) => void
}

export function heard(): Heard {
  const kept: Heard = {
    messages: [],
    failures: [],
    errors: [],
    ends: [],
    message(message, from) {
      kept.messages.push({ message, from })
      kept.whenMessage?.(message)
    },
    failed(from, error) {
      kept.failures.push({ from, error })
    },
    error(error) {
      kept.errors.push(error)
    },
    closed(reason) {
      kept.ends.push(reason)
    },
  }
  return kept
}
