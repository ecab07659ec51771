/** One request to a service, in the words of whoever asks. Types only. */
import type { Readable } from 'node:stream'
import type { FormData } from 'undici'
import type { Cancel } from '../../call.ts'

export interface ServiceAsk {
  /** `GET`, `POST`, ... */
  readonly method: string
  /** Absolute, or relative to the service's url. Another origin gets no configured header and no certificate. */
  readonly url: URL | string
  /** Win over the configured ones. */
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | FormData | Readable
  readonly signal?: AbortSignal
  /** In the place of a signal: that of a call. */
  readonly cancel?: Cancel
  /** Milliseconds for the whole answer; the upstream's timeout without. */
  readonly timeout?: number
  /** Whether it may be sent again when it failed on the way; by its method where nothing is said. */
  readonly safe?: boolean
  /** Largest answer in bytes; 16 MiB without. */
  readonly most?: number
  /** Asked now and then to see whether the service is there: let through while the breaker is open, and never repeated. */
  readonly probe?: boolean
  /** In messages: `tools/call`, `GET /orders`. */
  readonly what: string
}
