/** Clients over HTTP+SSE: what they ask is posted, and the answers come on a stream that stays open. */
import { createAnswers } from './answers.ts'
import { type Client, type Connect, each } from './clients.ts'
import { type Connection, openConnection } from './connection.ts'
import { type Era, handshake, initialized, nextId, numbered, type Question, sessionEra } from './eras.ts'
import { type EventStream, openEventStream } from './event-stream.ts'

/** Each client has a session of its own, with its stream, and a connection for what it posts. */
export const sseClients = (url: string, era: Era = sessionEra): Connect =>
  each(async () => {
    const join = await openSession(url, era)
    return join()
  })

/** All clients post into one session. */
export const sharedSseClients =
  (url: string): Connect =>
  async (count) =>
    each(await openSession(url, sessionEra))(count)

/** @returns what makes one more client of this session */
async function openSession(url: string, era: Era): Promise<() => Promise<Client>> {
  const stream = await openEventStream(url, '/sse')
  const endpoint = await stream.next()
  const answers = createAnswers()
  void pass(stream, answers.take)

  async function ask(post: Connection['post'], question: Question): Promise<string> {
    const id = nextId()
    const answer = answers.to(id)
    const { status, body } = await post(endpoint, numbered(id, era.word(question)))
    if (status !== 202) throw new Error(`the post was answered with ${status}: ${body}`)
    return answer
  }

  async function join(): Promise<Client> {
    const { post, close } = await openConnection(url)
    return {
      ask: (question) => ask(post, question),
      rest: close,
      close() {
        stream.close()
        close()
      },
    }
  }

  if (era.handshake) {
    const { post, close } = await openConnection(url)
    await ask(post, handshake)
    await post(endpoint, initialized)
    close()
  }
  return join
}

async function pass(stream: EventStream, take: (message: string) => void): Promise<never> {
  for (;;) take(await stream.next())
}
