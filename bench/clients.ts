/** Clients that do no more than they must: one question at a time, and the text of its answer. */
import type { ChildProcess } from 'node:child_process'
import { createLineReader } from '../app/lines.ts'
import { createAnswers } from './answers.ts'
import { bodyOf, type Connection, openConnection } from './connection.ts'
import { type Era, handshake, initialized, nextId, numbered, type Question, sessionEra } from './eras.ts'

export interface Client {
  ask(question: Question): Promise<string>
  /** Closes what a client that is silent for long does not keep open; it may ask again. */
  rest(): void
  close(): void
}

/** Makes so many clients of one server, each of them past its handshake. */
export type Connect = (count: number) => Promise<Client[]>

export const each =
  (open: () => Promise<Client>): Connect =>
  (count) =>
    Promise.all(Array.from({ length: count }, open))

/** No session and no protocol: the same request to a server that does not look at it. */
export const bareClients = (url: string): Connect =>
  each(async () => {
    const { post, close } = await openConnection(url)
    return { ask: async (question) => bodyOf(await post('/', numbered(1, sessionEra.word(question)))), rest: close, close }
  })

/** Streamable HTTP; where the server gives sessions, each client has one of its own. */
export const httpClients = (url: string, era: Era = sessionEra): Connect =>
  each(async () => {
    const { post, close } = await openConnection(url)
    const session = era.handshake ? await beginSession(post) : ''

    async function ask(question: Question): Promise<string> {
      const wording = era.word(question)
      return bodyOf(await post('/mcp', numbered(nextId(), wording), wording.headers + session))
    }
    return { ask, rest: close, close }
  })

/** @returns the line that names the session; nothing where the server has none */
async function beginSession(post: Connection['post']): Promise<string> {
  const answer = await post('/mcp', numbered(nextId(), sessionEra.word(handshake)))
  bodyOf(answer)
  const line = /mcp-session-id: \S+/i.exec(answer.head)
  const session = line ? `${line[0]}\r\n` : ''
  await post('/mcp', initialized, session)
  return session
}

/** So many questions at a time over the one pair of streams that a process has. */
export const stdioClients =
  ({ stdin, stdout }: ChildProcess, era: Era = sessionEra): Connect =>
  async (count) => {
    const answers = createAnswers()
    const lines = createLineReader({ max: 64 * 2 ** 20, onLine: answers.take, onLong() {} })
    stdout?.on('data', (chunk: Buffer) => lines.push(chunk))

    function askIn(how: Era, question: Question): Promise<string> {
      const id = nextId()
      const answer = answers.to(id)
      stdin?.write(`${numbered(id, how.word(question))}\n`)
      return answer
    }
    if (era.handshake) {
      await askIn(sessionEra, handshake)
      stdin?.write(`${initialized}\n`)
    }
    const client: Client = { ask: (question) => askIn(era, question), rest() {}, close() {} }
    return Array.from({ length: count }, () => client)
  }
