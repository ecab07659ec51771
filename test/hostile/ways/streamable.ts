/** Messages over Streamable HTTP: each in a POST of its own, with a session or, as of 2026-07-28, without. */
import type { Headers } from '../entry.ts'
import { headersOf } from '../modern.ts'
import { nothingSeen } from '../seen.ts'
import { ask, type Reply } from './request.ts'
import { type Opening, shakeHands, type Talk, within } from './talk.ts'

const plain: Headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

export async function openStreamable(url: string, { fresh = false, version }: Opening): Promise<Talk> {
  const { talk, post } = createTalk(url)
  const begun = new Set<string>()
  let session: string | undefined

  const opened: Talk = {
    ...talk,
    session: () => session ?? '',
    async say(body, headers = {}) {
      const { headers: came } = await post(body, { 'mcp-session-id': session ?? null, ...headers })
      const id = came['mcp-session-id']
      // A handshake that was refused has begun nothing, whatever its response says.
      if (typeof id !== 'string' || !talk.seen.messages.at(-1)?.result) return
      session = id
      begun.add(id)
    },
    async settle(answers) {
      await talk.settle(answers)
      if (session !== undefined) await isUsable(url, { 'mcp-session-id': session })
    },
    async close() {
      await talk.close()
      for (const id of begun) {
        const reply = await ask(
          url,
          { method: 'DELETE', path: '/mcp', headers: { 'mcp-session-id': id }, shared: true },
          nothingSeen(),
        )
        await reply.ended
      }
    },
  }
  if (!fresh) await shakeHands(opened, version)
  return opened
}

export async function openModern(url: string): Promise<Talk> {
  const { talk, post } = createTalk(url)
  return {
    ...talk,
    async say(body, headers = {}) {
      await post(body, { ...headersOf(body), ...headers })
    },
  }
}

function createTalk(url: string) {
  const seen = nothingSeen()
  const replies: Reply[] = []

  async function post(body: Buffer, headers: Headers): Promise<Reply> {
    const reply = await ask(url, { path: '/mcp', headers: { ...plain, ...headers }, body, shared: true }, seen)
    replies.push(reply)
    await within('the response has begun', reply.begun)
    return reply
  }

  const talk = {
    seen,
    /** A response that does not end is a request that hangs. */
    async settle(_answers: number): Promise<void> {
      await within('every response has ended', Promise.all(replies.map(({ ended }) => ended)))
    },
    async close(): Promise<void> {
      for (const reply of replies) reply.leave()
    },
  }
  return { talk, post }
}

/** Whatever was sent in this session, it still answers. */
async function isUsable(url: string, session: Headers): Promise<void> {
  const seen = nothingSeen()
  const body = Buffer.from('{"jsonrpc":"2.0","id":"still-there","method":"ping"}')
  const reply = await ask(url, { path: '/mcp', headers: { ...plain, ...session }, body, shared: true }, seen)
  await reply.ended
  if (seen.messages[0]?.id !== 'still-there') throw new Error(`the session is not usable any more: HTTP ${reply.status}`)
}
