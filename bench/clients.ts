/** Clients that do no more than they must: one question at a time, and the text of its answer. */
import type { ChildProcess } from 'node:child_process'
import { createLineReader } from '../app/lines.ts'
import { type Answer, openConnection } from './connection.ts'
import { openEventStream } from './event-stream.ts'

export interface Client {
  /** @param question `"method":...,"params":...`, what stands in a JSON-RPC request after its id */
  ask(question: string): Promise<string>
  /** Closes what a client that is silent for long does not keep open; it may ask again. */
  rest(): void
  close(): void
}

/** Makes so many clients of one server, each of them past its handshake. */
export type Connect = (count: number) => Promise<Client[]>

const handshake =
  '"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}'
const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

const numbered = (id: number, question: string) => `{"jsonrpc":"2.0","id":${id},${question}}`

const each =
  (open: () => Promise<Client>): Connect =>
  (count) =>
    Promise.all(Array.from({ length: count }, open))

/** No session and no protocol: the same request to a server that does not look at it. */
export const bareClients = (url: string): Connect =>
  each(async () => {
    const { post, close } = await openConnection(url)
    return { ask: async (question) => bodyOf(await post('/', numbered(1, question))), rest: close, close }
  })

/** Streamable HTTP, each client with a session of its own. */
export const httpClients = (url: string): Connect =>
  each(async () => {
    const { post, close } = await openConnection(url)
    const { head } = await post('/mcp', numbered(0, handshake))
    const session = `${/mcp-session-id: \S+/i.exec(head)?.[0]}\r\n`
    await post('/mcp', initialized, session)
    let asked = 0
    return { ask: async (question) => bodyOf(await post('/mcp', numbered(++asked, question), session)), rest: close, close }
  })

/** HTTP+SSE: each client has its stream, and a connection for what it posts. */
export const sseClients = (url: string): Connect =>
  each(async () => {
    const stream = await openEventStream(url, '/sse')
    const endpoint = await stream.next()
    const { post, close } = await openConnection(url)
    let asked = 0

    async function ask(question: string): Promise<string> {
      const event = stream.next()
      const { status, body } = await post(endpoint, numbered(++asked, question))
      if (status !== 202) throw new Error(`the post was answered with ${status}: ${body}`)
      return event
    }
    await ask(handshake)
    await post(endpoint, initialized)
    return {
      ask,
      rest: close,
      close() {
        stream.close()
        close()
      },
    }
  })

/** So many questions at a time over the one pair of streams that a process has. */
export const stdioClients =
  ({ stdin, stdout }: ChildProcess): Connect =>
  async (count) => {
    const waiting = new Map<number, (text: string) => void>()
    let asked = 0
    const lines = createLineReader({
      max: 64 * 2 ** 20,
      onLine(text) {
        const id = Number(/"id":(\d+)/.exec(text)?.[1])
        waiting.get(id)?.(text)
        waiting.delete(id)
      },
      onLong() {},
    })
    stdout?.on('data', (chunk: Buffer) => lines.push(chunk))
    const ask = (question: string) =>
      new Promise<string>((resolve) => {
        waiting.set(++asked, resolve)
        stdin?.write(`${numbered(asked, question)}\n`)
      })
    await ask(handshake)
    stdin?.write(`${initialized}\n`)
    return Array.from({ length: count }, () => ({ ask, rest() {}, close() {} }))
  }

function bodyOf({ status, body }: Answer): string {
  if (status === 200) return body
  throw new Error(`answered with ${status}: ${body}`)
}
