/**
 * Reads whose answer may be used again, because the service says so. Equal reads at the same time share one request, and an answer that
 * depends on who asks is shown to nobody else.
 */
import { Failure } from '../errors.ts'
import type { Answers, KeptAnswer } from '../store/answers.ts'
import { toAnswer } from './http/answer.ts'
import { freshnessOf } from './http/freshness.ts'
import type { ServiceAnswer } from './http/service.ts'

export interface CacheAsk {
  /** Everything that the answer depends on, but for who asks: the upstream's name, the URL, headers that differ. */
  readonly key: string
  /** Who asks: an answer that is `private`, or differs by Authorization or Cookie, is used again for the same one alone. */
  readonly callerId: string
  /** Ends this one's waiting; the request goes on for others who wait. */
  readonly signal?: AbortSignal
}

/**
 * Asks the service. @param validators headers to send along: 304 then says that what is kept is still good
 * @param signal aborts when nobody waits any more
 */
export type Load = (validators: Record<string, string>, signal: AbortSignal) => Promise<ServiceAnswer>

export interface Cache {
  /** The answer to a GET, from before where that is allowed. Throws what `load` throws, and Failure `cancelled`. */
  cached(ask: CacheAsk, load: Load): Promise<ServiceAnswer>
}

interface Flight {
  readonly work: Promise<{ answer: ServiceAnswer; personal: boolean }>
  readonly control: AbortController
  readonly callerId: string
  waiting: number
}

/** Seconds that an answer which is not fresh any more is kept, to be asked about. */
const staleFor = 3_600
/** Keys of which it is remembered that their answers are for everybody. */
const mostKnown = 10_000

export function createCache(answers: Answers): Cache {
  const flights = new Map<string, Flight>()
  /** Until an answer has said so, nobody shares it with somebody else, not even a request on its way. */
  const everybodys = new Set<string>()

  const personalKey = ({ key, callerId }: CacheAsk) => `one ${callerId} ${key}`
  const commonKey = ({ key }: CacheAsk) => `all ${key}`

  async function cached(ask: CacheAsk, load: Load): Promise<ServiceAnswer> {
    for (;;) {
      const key = everybodys.has(ask.key) ? commonKey(ask) : personalKey(ask)
      const known = flights.get(key)
      // One that everybody has left is on its way down.
      const flight = known && !known.control.signal.aborted ? known : takeOff(key, ask, load)
      const { answer, personal } = await wait(flight, ask)
      if (!personal || flight.callerId === ask.callerId) return answer
      // It was for everybody the last time, and is not any more.
      everybodys.delete(ask.key)
    }
  }

  function takeOff(key: string, ask: CacheAsk, load: Load): Flight {
    const control = new AbortController()
    const work = fetched(ask, load, control.signal).finally(() => flights.get(key) === flight && flights.delete(key))
    // Whoever waits hears of it; when nobody does any more, nobody has to.
    work.catch(() => {})
    const flight: Flight = { work, control, callerId: ask.callerId, waiting: 0 }
    flights.set(key, flight)
    return flight
  }

  async function fetched(ask: CacheAsk, load: Load, signal: AbortSignal): Promise<{ answer: ServiceAnswer; personal: boolean }> {
    const common = await answers.get(commonKey(ask))
    const kept = common ?? (await answers.get(personalKey(ask)))
    const wasPersonal = !common
    if (kept && kept.freshUntil > Date.now()) return { answer: revived(kept), personal: wasPersonal }
    const known = kept && freshnessOf(kept.headers)
    const answer = await load(known?.validators ?? {}, signal)
    if (answer.status === 304 && kept) {
      const headers = { ...kept.headers, ...answer.headers, age: undefined }
      const again = revived({ ...kept, headers })
      return { answer: again, personal: await keep(ask, again) }
    }
    return { answer, personal: await keep(ask, answer) }
  }

  /** @returns whether the answer is for whoever asked alone; one that says nothing is */
  async function keep(ask: CacheAsk, answer: ServiceAnswer): Promise<boolean> {
    const freshness = answer.status === 200 ? freshnessOf(answer.headers) : undefined
    if (!freshness || freshness.personal) {
      everybodys.delete(ask.key)
      await answers.drop(commonKey(ask))
    } else know(ask.key)
    if (!freshness) {
      await answers.drop(personalKey(ask))
      return true
    }
    const { status, headers, body, url } = answer
    const kept = { status, headers, body, url: url.href, freshUntil: Date.now() + freshness.seconds * 1000 }
    const lasting = Object.keys(freshness.validators).length ? staleFor : 0
    await answers.keep(freshness.personal ? personalKey(ask) : commonKey(ask), kept, freshness.seconds + lasting)
    return freshness.personal
  }

  function know(key: string): void {
    const [oldest] = everybodys
    if (everybodys.size >= mostKnown && oldest !== undefined) everybodys.delete(oldest)
    everybodys.add(key)
  }

  return { cached }
}

/** Until the answer is there, or this one does not wait any more; the last one to go takes the request along. */
function wait<T>(flight: { work: Promise<T>; control: AbortController; waiting: number }, { signal }: CacheAsk): Promise<T> {
  flight.waiting++
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal?.reason instanceof Failure ? signal.reason : new Failure('cancelled', 'the call was cancelled'))
      flight.waiting--
      if (flight.waiting === 0) flight.control.abort()
    }
    if (signal?.aborted) return leave()
    signal?.addEventListener('abort', leave, { once: true })
    flight.work.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave))
  })
}

function revived({ status, headers, body, url }: KeptAnswer): ServiceAnswer {
  const type = String(headers['content-type'] ?? '')
  return toAnswer({
    status,
    headers: { ...headers, 'content-type': type } as Parameters<typeof toAnswer>[0]['headers'],
    body,
    url: new URL(url),
    who: url,
    hide: (text) => text,
  })
}
