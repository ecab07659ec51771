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

/** The paths of this app that are answered directly. */
export const directPaths = (app: Web): readonly string[] => [...(answersOf.get(app)?.keys() ?? [])]

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
    if (hasTwoHosts(incoming.rawHeaders)) return refuse(outgoing, 400, 'invalid_request', 'there is more than one Host header')
    const answer = answers.get(pathOf(incoming.url ?? ''))
    if (!answer) return next(incoming, outgoing)
    const wrong = problem(incoming.headers.host, incoming.headers.origin)
    if (wrong === undefined) answer(incoming, outgoing)
    else refuse(outgoing, 403, 'forbidden', wrong)
  }
}

/** Who looks at the first and who looks at the last would take it for two different requests (RFC 9112, section 3.2). */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

function refuse(outgoing: ServerResponse, status: number, code: string, message: string): void {
  const text = JSON.stringify({ error: { code, message } })
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  // A proxy may write the whole address into the request line (RFC 9112, section 3.2.2).
  return path.startsWith('/') || !URL.canParse(path) ? path : new URL(path).pathname
}
