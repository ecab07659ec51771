/** The stream of Streamable HTTP for what belongs to no request: opened by GET, and opened again whenever it ends. */

import { readChunks } from '../http/body.ts'
import type { HttpAnswer } from '../http/client.ts'
import { HttpRefused, isLostSession, isPassing } from '../http/errors.ts'
import { TooLarge } from './event-source.ts'
import { asError, handOver } from './messages.ts'
import { StreamPlace } from './stream-place.ts'
import type { WireEvents } from './wire.ts'

export interface NoticesOptions {
  readonly events: WireEvents
  readonly signal: AbortSignal
  /** Bytes of one event. */
  readonly max: number
  readonly waits: { readonly min: number; readonly max: number }
  /** Opens an event stream by GET. */
  open(headers: Record<string, string>): Promise<HttpAnswer>
}

/** Never throws. @returns whether the server has forgotten the session; otherwise it has no such stream, or the signal has aborted */
export async function readNotices({ events, signal, max, waits, open }: NoticesOptions): Promise<'lost' | 'none'> {
  const tell = (error: unknown) => events.error(asError(error))
  const place = new StreamPlace({ max, waits, message: (text) => handOver(text, { events, wanted: () => !signal.aborted }) })
  const again = () => place.reopen(() => open(place.headers()), signal, Number.POSITIVE_INFINITY, tell)

  async function firstTime(): Promise<HttpAnswer> {
    try {
      return await open({})
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error
      tell(error)
      return again()
    }
  }

  let opened = false
  try {
    for (let stream = await firstTime(); ; stream = await again()) {
      opened = true
      const reader = place.reader()
      await readChunks(stream, (chunk) => reader.push(chunk)).catch((error: unknown) => {
        if (signal.aborted) return
        // The same event would come again for ever.
        if (error instanceof TooLarge) place.forget()
        tell(error)
      })
      signal.throwIfAborted()
    }
  } catch (error) {
    if (signal.aborted) return 'none'
    if (opened && isLostSession(error)) return 'lost'
    // How a server says that it has no such stream.
    if (!(error instanceof HttpRefused && [404, 405].includes(error.status))) tell(error)
    return 'none'
  }
}
