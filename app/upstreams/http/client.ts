/**
 * HTTP requests to one server, with what a stranger's server calls for: it gets our credentials and nobody else does, and whether we got
 * there at all is known.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { Agent, type Dispatcher, request as undiciRequest } from 'undici'
import type { Connect } from '../../tls/own-server.ts'
import { discard, readText } from './body.ts'
import { connector, unlessAborted } from './connecting.ts'
import type { Credentials } from './credentials.ts'
import { HttpRefused, refused } from './errors.ts'
import { credentialsIn, type HeaderMap, headersFor, hiding } from './headers.ts'

export interface HttpAsk {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Another address of the same server. */
  readonly url?: URL
  /** Win over the configured ones; names in lower case. */
  readonly headers: HeaderMap
  readonly body?: string
  readonly signal: AbortSignal
  /** Milliseconds until the head of the answer; 0: as long as the signal lets it. */
  readonly patience: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Must be read or discarded, or its connection is held for good. */
  readonly body: Dispatcher.ResponseData['body']
  /** Where it came from in the end. */
  readonly url: URL
}

export interface HttpClient {
  /** The answer, whatever its status. Throws Unreachable, the signal's reason, or what else kept it from coming. */
  ask(request: HttpAsk): Promise<HttpAnswer>
  /** An answer that is a refusal, as an error. Reads what it says. @param session whether the request named a session */
  refusal(answer: HttpAnswer, session: boolean): Promise<HttpRefused>
  /** Cuts every connection. */
  close(): Promise<void>
}

const mostRedirects = 3
const redirects = new Set([301, 302, 307, 308])
/** What is read of an error's body, in bytes. */
const errorBody = 64 * 1024

/**
 * Throws where a configured header is none.
 * @param signIn what else the server is shown, and nobody else: redirects to other servers are not followed
 * @param connect how to connect, where the system's way will not do
 */
export function openHttpClient(address: string, configured: HeaderMap, signIn?: Credentials, connect?: Connect): HttpClient {
  const url = new URL(address)
  const headers = headersFor(url, configured)
  const credentials = credentialsIn(headers)
  /** What the sign-in gave last. */
  let shown: string | undefined
  const connecting = new Set<Socket>()
  const agent = new Agent({ connect: connector(connecting, connect) })

  async function ask(request: HttpAsk): Promise<HttpAnswer> {
    if (!signIn) return follow(request)
    const seen = new Set<number>()
    for (;;) {
      const offered = signIn.header()
      shown = typeof offered === 'object' ? await unlessAborted(offered, request.signal) : offered
      const headers = shown === undefined ? request.headers : { ...request.headers, authorization: shown }
      const used = shown
      const answer = await follow({ ...request, headers })
      const { status } = answer
      const challenge = [answer.headers['www-authenticate']].flat().join(', ')
      if (status !== 401 && !(status === 403 && challenge.includes('insufficient_scope'))) return answer
      const again = seen.has(status)
      seen.add(status)
      const renewed = await unlessAborted(signIn.renew({ status, challenge, used, again }), request.signal).catch(
        (error: unknown) => {
          discard(answer.body)
          throw error
        },
      )
      if (again || !renewed) return answer
      discard(answer.body)
    }
  }

  async function follow(request: HttpAsk): Promise<HttpAnswer> {
    let to = request.url ?? url
    for (let followed = 0; ; followed++) {
      const answer = await askOnce(to, request)
      if (!redirects.has(answer.status)) return answer
      discard(answer.body)
      if (followed === mostRedirects) throw notFollowed(answer, `redirects more than ${mostRedirects} times`)
      to = target(answer)
    }
  }

  async function askOnce(to: URL, { method, headers: own, body, signal, patience }: HttpAsk): Promise<HttpAnswer> {
    signal.throwIfAborted()
    const sent = undiciRequest(to, {
      method,
      headers: { ...headers, ...own },
      body,
      signal,
      dispatcher: agent,
      headersTimeout: patience,
      bodyTimeout: 0,
    })
    const { statusCode: status, headers: received, body: content } = await unlessAborted(sent, signal)
    return { status, headers: received, body: content, url: to }
  }

  /** Method and body stay, also for 301 and 302: a GET in the place of a POST would mean something else here. */
  function target(answer: HttpAnswer): URL {
    const location = [answer.headers.location].flat()[0]
    if (location === undefined || !URL.canParse(location, answer.url.href)) {
      throw notFollowed(answer, 'redirects without saying where to')
    }
    const to = new URL(location, answer.url)
    if (to.origin === url.origin) return to
    throw notFollowed(answer, `redirects to ${to.origin}, where it is not followed; if that is right, configure it as the url`)
  }

  return {
    ask,
    async refusal(answer, session) {
      const text = await readText(answer, errorBody).catch(() => '')
      const hide = hiding(url, shown === undefined ? configured : { ...configured, authorization: shown })
      return refused({ status: answer.status, text, session, credentials, signedIn: shown !== undefined, hide })
    },
    async close() {
      for (const socket of connecting) socket.destroy()
      await agent.destroy()
    },
  }
}

const notFollowed = ({ status }: HttpAnswer, what: string) => new HttpRefused(status, `HTTP ${status}: the server ${what}`)
