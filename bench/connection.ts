/**
 * One HTTP connection with as little around it as possible. Node's own client costs more than the servers that are measured here: they
 * would wait for it, and a server that waits needs more CPU a call than one that is busy.
 */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
  readonly body: string
}

export interface Connection {
  /** Posts JSON text, one at a time. @param headers whole lines */
  post(path: string, body: string, headers?: string): Promise<Answer>
  close(): void
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/** @param url only host and port count */
export async function openConnection(url: string): Promise<Connection> {
  const { host } = new URL(url)
  let socket = await open()
  let waiting: Waiting | undefined

  async function open(): Promise<Socket> {
    const opened = await openSocket(url)
    let received = ''
    opened.on('data', (text: string) => {
      received += text
      const answer = answerIn(received)
      if (!answer) return
      received = ''
      waiting?.resolve(answer)
    })
    return opened.on('close', () => waiting?.reject(new Error(`the connection to ${host} was closed before the answer`)))
  }

  return {
    async post(path, body, headers = '') {
      // Servers close what was not used for some seconds, while others have their turn.
      if (socket.destroyed) socket = await open()
      const length = Buffer.byteLength(body)
      socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${fixed}${headers}Content-Length: ${length}\r\n\r\n${body}`)
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
      })
    },
    close: () => socket.destroy(),
  }
}

/** A socket that gives text whose length is its number of bytes. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setNoDelay().setEncoding('latin1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket.on('error', () => {}) // `close` follows
}

/** The body of an answer. @throws when it is none, with what came in its place */
export function bodyOf({ status, body }: Answer): string {
  if (status === 200) return body
  throw new Error(`answered with ${status}: ${body}`)
}

const fixed = 'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n'

/** The answer, once all of it is there. */
function answerIn(received: string): Answer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = received.slice(0, end)
  const body = received.slice(end + 4)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  const complete = length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length)
  return complete ? { status: Number(head.slice(9, 12)), head, body } : undefined
}
