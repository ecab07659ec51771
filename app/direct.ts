/** Paths that are answered on Node's own request and response: the framework in front of them would cost more than the rest of a call. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Gate } from './gate.ts'
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

/** Answers what is answered directly, and hands on everything else; before both stands the gate. */
export function inFront(apps: readonly Web[], gate: Gate, next: RequestListener): RequestListener {
  const answers = new Map(apps.flatMap((app) => [...(answersOf.get(app) ?? [])]))
  return function answerDirectly(incoming, outgoing) {
    const path = pathOf(incoming.url ?? '')
    const answer = answers.get(path)
    if (gate.stops(incoming, outgoing, path, answer !== undefined)) return
    if (answer) answer(incoming, outgoing)
    else next(incoming, outgoing)
  }
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  // A proxy may write the whole address into the request line (RFC 9112, section 3.2.2).
  return path.startsWith('/') || !URL.canParse(path) ? path : new URL(path).pathname
}
