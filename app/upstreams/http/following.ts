/** Sends one request and reads its answer, across redirects where they are followed. */
import { type Dispatcher, request as send } from 'undici'
import { encodings, readBody, type ServiceAnswer, toAnswer } from './answer.ts'
import { discard } from './body.ts'
import { unlessAborted } from './connecting.ts'
import { lowerCase } from './headers.ts'
import { harmlessOf, isRedirect, redirectTarget } from './redirects.ts'
import type { ServiceAsk } from './service-ask.ts'

export interface Progress {
  /** Whether an answer has begun, and whether it is one of somebody else. */
  begun: boolean | 'elsewhere'
}

export interface Following {
  /** Of the service, without credentials. */
  readonly home: URL
  /** What the service is shown, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly own: Dispatcher
  others(): Dispatcher
  readonly signal: AbortSignal
  /** Told how far it came. */
  readonly progress: Progress
  /** Who is asked what, for messages. */
  readonly who: string
  hide(text: string): string
}

const usualMost = 16 * 1024 * 1024

/** @throws what broke the connection, Unreadable, or Failure `upstream_failed` for a redirect that is not followed */
export async function follow(request: ServiceAsk, options: Following): Promise<ServiceAnswer> {
  const { home, headers, own, others, signal, progress, who, hide } = options
  const method = request.method.toUpperCase()
  const given = request.headers ? lowerCase(request.headers) : {}
  let to = new URL(request.url, home)
  to.username = ''
  to.password = ''
  let known = to.origin === home.origin
  let shown: Record<string, string> = { ...(known ? headers : harmlessOf(headers)), ...given, 'accept-encoding': encodings }
  for (let followed = 0; ; followed++) {
    const sending = { method, headers: shown, body: request.body, signal, dispatcher: known ? own : others() }
    const answered = send(to, sending as Parameters<typeof send>[1])
    const { statusCode: status, headers: received, body } = await unlessAborted(answered, signal)
    if (!isRedirect(status)) {
      progress.begun ||= true
      const empty = method === 'HEAD' || status === 204 || status === 304
      if (empty) discard(body)
      const bytes = empty ? Buffer.alloc(0) : await readBody(body, received, request.most ?? usualMost)
      return toAnswer({ status, headers: received, body: bytes, url: to, who, hide })
    }
    discard(body)
    const next = redirectTarget({ method, from: to, status, headers: received, followed, who })
    if (next.origin !== to.origin) {
      // Whoever is named by somebody else is a stranger, also where the way leads back.
      known = false
      shown = harmlessOf(shown)
      progress.begun = 'elsewhere'
    }
    to = next
  }
}
