/** A conversation with the server over one way, as the runner sees it. */
import type { Headers } from '../entry.ts'
import { answersIn, keep, nothingSeen, type Seen } from '../seen.ts'

export interface Talk {
  readonly seen: Seen
  /** The id of its session, where the way shows one. */
  session?(): string
  /** Sends one message, and settles when the server has taken it: answered, acknowledged, or looked at. */
  say(bytes: Buffer, headers?: Headers): Promise<void>
  /** Settles when so many answers have come, and whatever was said before has been looked at. */
  settle(answers: number): Promise<void>
  close(): Promise<void>
}

export interface Opening {
  /** Without a handshake. */
  readonly fresh?: boolean
  readonly version?: string
}

/** How long anything may take before it counts as hanging, in milliseconds: far more than it ever takes. */
const patience = 20_000

/** The promise, or an error that says what was waited for in vain. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), patience)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for conditions that can only come true when something has happened: no look in between, so no time is lost. */
export function createWatch() {
  const waiting = new Set<() => void>()
  return {
    happened(): void {
      for (const look of waiting) look()
    },
    when(what: string, holds: () => boolean): Promise<void> {
      if (holds()) return Promise.resolve()
      const held = new Promise<void>((resolve) => {
        const look = () => {
          if (!holds()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
      })
      return within(what, held)
    },
  }
}

let fences = 0

/** The part that all ways over one connection share: a ping tells that everything before it has been looked at. */
export function streamTalk(send: (bytes: Buffer) => Promise<void> | void, close: () => Promise<void>) {
  const seen = nothingSeen()
  const fenced = new Set<unknown>()
  const watch = createWatch()
  const gone = () => seen.closed !== undefined

  async function fence(): Promise<void> {
    if (gone()) return
    const id = `fence-${++fences}`
    await send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' })))
    await watch.when('the ping that follows is answered', () => fenced.delete(id) || gone())
  }

  const talk: Talk = {
    seen,
    async say(bytes) {
      await send(bytes)
      await fence()
    },
    async settle(answers) {
      if (answers > 0) await watch.when(`${answers} answers have come`, () => answersIn(seen).length >= answers || gone())
      await fence()
    },
    close,
  }

  return {
    talk,
    /** For the way: a text that came. */
    take(text: string): void {
      const fenceId = /^\{"jsonrpc":"2\.0","id":"(fence-\d+)","result"/.exec(text)?.[1]
      if (fenceId) fenced.add(fenceId)
      else keep(seen, text)
      watch.happened()
    },
    /** For the way: the server has ended the connection. */
    end(code: number): void {
      seen.closed ??= code
      watch.happened()
    },
  }
}

/** Says hello as a client of this revision does, and forgets what came back. */
export async function shakeHands(talk: Talk, version = '2025-11-25'): Promise<void> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 'hostile', version: '1' } }
  await talk.say(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 'hello', method: 'initialize', params })))
  await talk.say(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })))
  await talk.settle(1)
  const { messages, texts, statuses } = talk.seen
  if (!messages[0]?.result) throw new Error(`no handshake: ${texts.join(' ').slice(0, 300)}`)
  for (const list of [messages, texts, statuses]) list.length = 0
}
