/** Messages over Streamable HTTP: each in a POST of its own, with a session or, as of 2026-07-28, without. */
import type { Headers } from '../entry.ts'
import { headersOf } from '../modern.ts'
import { nothingSeen } from '../seen.ts'
import { ask, type Reply } from './request.ts'
import { type Opening, shakeHands, type Talk, within } from './talk.ts'

const plain: Headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

export async function openStreamable(url: string, { fresh = false, version }: Opening): Promise<Talk> {
  const { talk, post } = createTalk(url)
  let session: Headers = {}
  async function say(body: Buffer, headers: Headers = {}): Promise<void> {
    const reply = await post(body, { ...session, ...headers })
    const id = reply.headers['mcp-session-id']
    if (typeof id === 'string') session = { 'mcp-session-id': id }
  }
  const opened: Talk = {
    ...talk,
    say,
    async settle(answers) {
      await talk.settle(answers)
      if (Object.keys(session).length > 0) await isUsable(url, session)
    },
    /** What an entry has ended itself is unknown by now, which is as good. */
    async close() {
      await talk.close()
      if (Object.keys(session).length === 0) return
      await (await ask(url, { method: 'DELETE', path: '/mcp', headers: session, shared: true }, nothingSeen())).ended
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
