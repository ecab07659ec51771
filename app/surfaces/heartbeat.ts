/** Asks the clients of WebSockets whether they are still there: a network that breaks says nothing, and a place would be taken for ever. */
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

export interface HeartbeatOptions {
  /** Seconds between two questions; who has not said anything by the next one is gone. */
  readonly ping: number
  /** Seconds that one message may take. */
  readonly bodyTimeout: number
  /** Ends it. */
  readonly closing: AbortSignal
}

/** Bytes of a message that may stay incomplete: they cost little. */
const small = 64 * 1024
const tooSlow = 1008

/** @returns to be called with every connection that has opened */
export function createHeartbeat({ ping, bodyTimeout, closing }: HeartbeatOptions) {
  const beats = new Set<(now: number) => void>()
  const interval = Math.min(ping, bodyTimeout) * 1_000
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    const late = now - last > interval * 1.1
    last = now
    // A process that was held up has neither sent nor read in time: it judges nobody.
    if (late) return
    // What has come is read first: timers come before it, setImmediate after it.
    setImmediate(() => {
      for (const beat of beats) beat(now)
    })
  }, interval)
  timer.unref()
  closing.addEventListener('abort', () => clearInterval(timer))

  return function watch(socket: WebSocket, connection: Socket): void {
    let heard = true
    let asked = performance.now()
    /** What had been read when the last message was complete, and since when more than a little of the next one is there. */
    let complete = connection.bytesRead
    let since: number | undefined

    function beat(now: number): void {
      if (connection.bytesRead - complete <= small) since = undefined
      else since ??= now
      if (since !== undefined && now - since >= bodyTimeout * 1_000) {
        socket.close(tooSlow, `a message took longer than ${bodyTimeout} s`)
        return
      }
      if (now - asked < ping * 990) return
      // A piece of a long message is a sign of life too.
      if (!heard && since === undefined) return socket.terminate()
      heard = false
      asked = now
      socket.ping()
    }

    beats.add(beat)
    socket.on('pong', () => {
      heard = true
    })
    socket.on('message', () => {
      heard = true
      complete = connection.bytesRead
      since = undefined
    })
    socket.on('close', () => void beats.delete(beat))
  }
}
