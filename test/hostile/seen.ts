/** What came back for one input, whichever way it went. */
import type { Message } from '../fakes/wire.ts'

export interface Seen {
  /** Every JSON-RPC message that came, in order; what a batch brought is in here one by one. */
  readonly messages: Message[]
  /** The text of everything that came, message by message or body by body. */
  readonly texts: string[]
  /** Over HTTP: the status of every response, in order. */
  readonly statuses: number[]
  /** Set when the server has ended the connection: WebSocket's close code, 0 where there is none. */
  closed: number | undefined
}

export const nothingSeen = (): Seen => ({ messages: [], texts: [], statuses: [], closed: undefined })

/** Keeps a text that should be JSON-RPC. Throws where it is not JSON: that is never right. */
export function keep(seen: Seen, text: string): void {
  seen.texts.push(text)
  const value = parsed(text)
  seen.messages.push(...((Array.isArray(value) ? value : [value]) as Message[]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`the server sent what is not JSON: ${text.slice(0, 200)}`)
  }
}

export const answersIn = ({ messages }: Seen): Message[] => messages.filter((message) => !('method' in message))
export const noticesIn = ({ messages }: Seen): Message[] => messages.filter((message) => 'method' in message)
