/** A base that is published on a web server: `{base}/hs/{service root}/rpc`. */
import type { OnecWay } from '../../config/upstream/onec.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { reasonOf } from '../../reason.ts'
import { shortened } from '../../redact.ts'
import type { Service, ServiceAnswer } from '../http/service.ts'
import { sentence } from './answers.ts'
import { withoutMark } from './json.ts'
import { shortText } from './short-text.ts'
import { credentialsOf, type Who } from './who.ts'
import type { OnecWire } from './wire.ts'

export interface HttpWire extends OnecWire {
  /** What the first published services said of themselves; undefined where there is none, as in all later ones. */
  manifest(who: Who, signal: AbortSignal): Promise<unknown>
}

type Published = Extract<OnecWay, { transport: 'http' }>

/** @param name of the upstream */
export function openHttpWire(name: string, way: Published, service: Service): HttpWire {
  const address = (endpoint: string): URL => {
    const url = new URL(way.service.url)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/hs/${way.serviceRoot}/${endpoint}`
    if (way.unlockCode !== null) url.searchParams.set('uc', way.unlockCode)
    return url
  }
  const rpc = address('rpc')
  const health = address('health')

  return {
    transport: 'http',
    async send(message, { who, what, timeout, signal, safe }) {
      const began = performance.now()
      const headers = { ...credentialsOf(who), 'content-type': 'application/json; charset=utf-8', accept: 'application/json' }
      const body = JSON.stringify(message)
      const answer = await service.ask({ method: 'POST', url: rpc, headers, body, timeout, signal, safe, what })
      const refused = refusal(answer, rpc, who)
      if (refused)
        throw new Failure('upstream_failed', sentence({ name, what, began }, refused), { data: { status: answer.status } })
      if (answer.status === 204) return undefined
      try {
        return JSON.parse(withoutMark(answer.text()))
      } catch (error) {
        throw new Failure(
          'upstream_failed',
          sentence({ name, what, began }, `came back with what is no JSON: ${reasonOf(error)}`),
        )
      }
    },
    async look(who, signal) {
      const answer = await get(health, who, signal)
      const refused = refusal(answer, health, who)
      if (refused) throw new Failure('upstream_failed', `${name}: ${refused}`, { data: { status: answer.status } })
      const body = parsed(answer)
      if (!isObject(body) || body.status !== 'ok')
        throw new Failure('upstream_failed', `${name}: ${health.pathname} does not say that the base is well: ${said(answer)}`)
    },
    async manifest(who, signal) {
      const answer = await get(address('manifest'), who, signal)
      return answer.status === 200 ? parsed(answer) : undefined
    },
    get breaker() {
      return service.breaker
    },
    close: () => service.close(),
  }

  function get(url: URL, who: Who, signal: AbortSignal): Promise<ServiceAnswer> {
    const what = url.pathname
    return service.ask({
      method: 'GET',
      url,
      headers: { ...credentialsOf(who), accept: 'application/json' },
      signal,
      safe: true,
      probe: true,
      what,
    })
  }
}

function parsed(answer: ServiceAnswer): unknown {
  try {
    return JSON.parse(withoutMark(answer.text()))
  } catch {
    return undefined
  }
}

const redirects = [301, 302, 303, 307, 308]

/** Why this is no answer of the service, in words that say what to change; undefined where it is one. */
function refusal(answer: ServiceAnswer, asked: URL, { username }: Who): string | undefined {
  const { status, url } = answer
  // A POST that is redirected comes out as a GET, and says nothing of what was asked.
  if (redirects.includes(status) || url.pathname !== asked.pathname)
    return `was redirected away from ${asked.pathname}: write the base's name in url exactly as it is published, capital letters included`
  if (status === 200 || status === 204) return undefined
  const whom = username === '' ? 'us without a user name' : username
  if (status === 401) return `the base does not let ${whom} in: look at username and password (HTTP 401)`
  if (status === 403) return `the base lets ${whom} in, but not to this service: give that user the right to it (HTTP 403)`
  if (status === 404)
    return `nothing is published at ${asked.pathname}: look at the base's name in url, at service_root, and whether HTTP services of extensions are published (HTTP 404)`
  return `was answered with HTTP ${status}: ${said(answer)}`
}

/** The beginning of a body, for people. */
function said(answer: ServiceAnswer): string {
  const text = answer.text().slice(0, 20_000)
  const words = text.replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
  return shortened(shortText(words).replace(/\s+/g, ' ').trim(), 300) || 'nothing more'
}
