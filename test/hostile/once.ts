/** Inputs that are no conversation: one HTTP request, bytes, WebSocket frames. */
import { type Asked, bytesOf, type Expected, type Framed, type Headers, type Wired } from './entry.ts'
import { countOf } from './judge.ts'
import { nothingSeen, type Seen } from './seen.ts'
import type { Server } from './server.ts'
import { sendBytes } from './ways/bytes.ts'
import { sendFrames } from './ways/frames.ts'
import { ask } from './ways/request.ts'
import { type Talk, within } from './ways/talk.ts'

export function sendOnce(server: Server, entry: Asked | Wired | Framed): Promise<Seen> {
  if ('ask' in entry) return sendRequest(server, entry)
  if ('bytes' in entry) return sendBytes(server.url, bytesOf(entry.bytes), entry.leave)
  const { frames, expect } = entry
  return sendFrames(server.url, typeof frames === 'function' ? frames() : frames, (seen) => isEnough(expect, seen))
}

function isEnough(expected: Expected, { messages }: Seen): boolean {
  return expected.kind !== 'closed' && messages.length >= Math.max(1, countOf(expected))
}

/** Ids of sessions that an entry can name: one that is open on /mcp, one over HTTP+SSE, one that was open and has ended. */
const named = /\{(http|sse|ended)\}/g

async function sendRequest(server: Server, { ask: wish }: Asked): Promise<Seen> {
  const { path = '/mcp', headers = {}, body, ...rest } = wish
  const talks = new Map<string, Talk>()
  for (const [, name = ''] of `${path} ${JSON.stringify(headers)}`.matchAll(named)) {
    const talk = talks.get(name) ?? (await server.open(name === 'sse' ? 'sse' : 'http', {}))
    talks.set(name, talk)
  }
  await talks.get('ended')?.close()
  const filled = (text: string) => text.replaceAll(named, (_, name: string) => talks.get(name)?.session?.() ?? '')

  const seen = nothingSeen()
  const reply = await ask(
    server.url,
    { ...rest, path: filled(path), headers: mapped(headers, filled), body: body === undefined ? undefined : bytesOf(body) },
    seen,
  )
  // A stream that was opened stays open: that it was is all that is asked.
  await within('the response has come', reply.begun)
  reply.leave()
  talks.delete('ended')
  for (const talk of talks.values()) await talk.close()
  return seen
}

const mapped = (headers: Headers, change: (text: string) => string): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? change(value) : value]))
