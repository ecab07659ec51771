/** Paths that are answered on Node's own request and response: the framework in front of them would cost more than the rest of a call. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Web } from './yard.ts'

export type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void

const answersOf = new WeakMap<Web, Map<string, Answer>>()

/** Answers a path of this app, whatever the method. */
export function direct(app: Web, path: string, answer: Answer): void {
  const answers = answersOf.get(app) ?? new Map<string, Answer>()
  answersOf.set(app, answers.set(path, answer))
}

/**
 * Answers what is answered directly, and hands on everything else.
 * @param problem what is wrong with Host and Origin, in a sentence
 */
export function inFront(
  apps: readonly Web[],
  problem: (host: string | undefined, origin: string | undefined) => string | undefined,
  next: RequestListener,
): RequestListener {
  const answers = new Map(apps.flatMap((app) => [...(answersOf.get(app) ?? [])]))
  return function answerDirectly(incoming, outgoing) {
    const answer = answers.get(pathOf(incoming.url ?? ''))
    if (!answer) return next(incoming, outgoing)
    const wrong = problem(incoming.headers.host, incoming.headers.origin)
    if (wrong === undefined) answer(incoming, outgoing)
    else forbid(outgoing, wrong)
  }
}

function forbid(outgoing: ServerResponse, message: string): void {
  const text = JSON.stringify({ error: { code: 'forbidden', message } })
  outgoing.writeHead(403, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  // A proxy may write the whole address into the request line (RFC 9112, section 3.2.2).
  return path.startsWith('/') || !URL.canParse(path) ? path : new URL(path).pathname
}
