/** Requests to a service behind plain HTTP, with its headers and certificates, bounded in time and size. */
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Agent, type FormData, request } from 'undici'
import type { ServiceConfig } from '../../config/upstream/service.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'

export interface Service {
  /** The answer, whatever its status. Throws Failure `upstream_away` when there is none. */
  ask(asking: ServiceAsk): Promise<ServiceAnswer>
  readonly breaker: 'closed' | 'open' | 'half-open'
  close(): Promise<void>
}

export interface ServiceAsk {
  readonly method: string
  readonly url: URL | string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | FormData | Readable
  readonly signal?: AbortSignal
  readonly timeout?: number
  readonly safe?: boolean
  readonly most?: number
  readonly what: string
}

export interface ServiceAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
  readonly url: URL
  text(): string
  json(): unknown
}

export function openService(
  { name, timeout, service }: { name: string; timeout: number; service: ServiceConfig },
  { watch }: { log: Log; watch?: { answered(): void; missed(): void } },
): Service {
  const { ca, cert, key, passphrase } = service.tls
  const file = (path: string | null) => (path === null ? undefined : readFileSync(path))
  const agent = new Agent({
    connections: service.connections,
    connect: { ca: file(ca), cert: file(cert), key: file(key), passphrase: passphrase ?? undefined },
  })

  return {
    breaker: 'closed',
    async ask({ method, url, headers, body, signal, timeout: within = timeout * 1000, most = 16 * 2 ** 20, what }) {
      const to = new URL(url, service.url)
      const late = AbortSignal.timeout(within)
      const began = performance.now()
      const seconds = () => Math.round((performance.now() - began) / 100) / 10
      try {
        const answer = await request(to, {
          method: method as 'GET',
          headers: { ...service.headers, ...headers },
          body: body as string | undefined,
          signal: signal ? AbortSignal.any([signal, late]) : late,
          dispatcher: agent,
          headersTimeout: 0,
          bodyTimeout: 0,
        })
        const bytes = Buffer.from(await answer.body.arrayBuffer())
        if (bytes.length > most) throw new Error(`more than ${most} bytes`)
        watch?.answered()
        const text = () => bytes.toString('utf8').replace(/^\uFEFF/, '')
        return { status: answer.statusCode, headers: answer.headers, body: bytes, url: to, text, json: () => JSON.parse(text()) }
      } catch (error) {
        if (signal?.aborted) throw new Failure('cancelled', `${name}: ${what} was cancelled`)
        watch?.missed()
        const words = late.aborted
          ? `did not answer within ${within / 1000} s`
          : `could not be asked: ${reasonOf(error)} (after ${seconds()} s)`
        throw new Failure('upstream_away', `${name}: ${what} ${words}`, { cause: error })
      }
    },
    close: () => agent.destroy(),
  }
}
