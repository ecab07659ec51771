/** Everything that answers one POSTed request of Streamable HTTP, until its response has come: one JSON text, or an event stream and its resumptions. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { mediaTypeOf, readChunks, readText } from '../http/body.ts'
import type { HttpAnswer } from '../http/client.ts'
import { HttpRefused } from '../http/errors.ts'
import { TooLarge } from './event-source.ts'
import { asError, handOver } from './messages.ts'
import { StreamPlace } from './stream-place.ts'
import type { WireEvents } from './wire.ts'

export interface AnswerOptions {
  readonly id: unknown
  readonly events: WireEvents
  readonly signal: AbortSignal
  /** Bytes of one answer, or of one event. */
  readonly max: number
  /** Milliseconds between tries to take up the stream, where the server does not say. */
  readonly waits: { readonly min: number; readonly max: number }
  /** Opens the stream again by GET; undefined where this era has no such thing. */
  readonly resume: ((headers: Record<string, string>) => Promise<HttpAnswer>) | undefined
}

/** In a row, before a request is given up that could not be taken up again. */
const tries = 8
/** How long (ms) a stream may stay open after the response: its end leaves the connection fit for the next request. */
const linger = 1_000

/** Settles when the response has been handed over. Throws where it will not come, and when the signal aborts. */
export async function readAnswer(answer: HttpAnswer, options: AnswerOptions): Promise<void> {
  const { id, events, signal, max, waits, resume } = options
  const from = String(id)
  let answered = false
  let refusal: string | undefined

  function look(message: Json): void {
    if ('method' in message || !('result' in message || 'error' in message)) return
    if (message.id === id) answered = true
    // A server that could not tell the id leaves it out; on this stream there is no other request that it could mean.
    else if ((message.id ?? null) === null && isObject(message.error)) refusal = String(message.error.message)
  }
  const take = (text: string) => handOver(text, { events, from, wanted: () => !signal.aborted, seen: look })

  async function readStream(stream: HttpAnswer, place: StreamPlace): Promise<Error | undefined> {
    const reader = place.reader()
    let lingering: NodeJS.Timeout | undefined
    try {
      await readChunks(stream, (chunk) => {
        reader.push(chunk)
        if (answered) lingering ??= setTimeout(() => stream.body.destroy(), linger)
      })
      return undefined
    } catch (error) {
      return asError(error)
    } finally {
      clearTimeout(lingering)
    }
  }

  if (mediaTypeOf(answer.headers) === 'application/json') {
    take(await readText(answer, max))
    if (!answered) throw new Error(refusal ?? 'the server answered with JSON that has no response to this request')
    return
  }
  const place = new StreamPlace({ max, waits, message: take })
  for (let stream = answer; ; ) {
    const broken = await readStream(stream, place)
    if (answered) return
    signal.throwIfAborted()
    if (refusal !== undefined) throw new Error(refusal)
    if (broken instanceof TooLarge) throw broken
    const lost = 'the event stream ended before the response came'
    if (!resume || !place.known) throw new Error(`${lost}, and the server cannot take it up again`, { cause: broken })
    try {
      const open = () => resume(place.headers())
      stream = await place.reopen(open, signal, tries, (error) => events.error(asError(error)))
    } catch (error) {
      if (error instanceof HttpRefused)
        throw new HttpRefused(error.status, `${lost}, and cannot be taken up again: ${error.message}`, error)
      throw new Error(`${lost}, and cannot be taken up again`, { cause: error })
    }
  }
}
