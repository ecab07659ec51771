/** Messages over HTTP+SSE: posted one by one, answered on the stream, or at once where they are refused. */
import { openEvents } from '../../fakes/wire.ts'
import { ask } from './request.ts'
import { type Opening, shakeHands, streamTalk, type Talk } from './talk.ts'

export async function openSse(url: string, { fresh = false, version }: Opening): Promise<Talk> {
  const events = await openEvents(`${url}/sse`)
  const path = (await events.next())?.data ?? ''
  const { talk, take, end } = streamTalk(
    async (body) => {
      const reply = await ask(url, { path, headers: { 'content-type': 'application/json' }, body, shared: true }, talk.seen)
      await reply.ended
    },
    () => events.close(),
  )
  void read().then(
    () => end(0),
    () => end(0),
  )
  async function read(): Promise<void> {
    for (let event = await events.next(); event; event = await events.next()) if (event.name === 'message') take(event.data)
  }
  if (!fresh) await shakeHands(talk, version)
  return { ...talk, session: () => new URL(path, url).searchParams.get('sessionId') ?? '' }
}
