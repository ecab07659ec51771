/**
 * MCP messages over a child's stdin and stdout, one JSON text a line. Every call to a stdio upstream passes here, so nothing is done twice:
 * whoever hears a message checks it, this file does not.
 */
import type { Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { createLineReader } from '../../lines.ts'
import type { Log } from '../../log.ts'
import { shortened } from '../../redact.ts'
import type { Child } from '../child/supervisor.ts'
import { TooLarge } from './event-source.ts'
import type { Wire, WireEvents } from './wire.ts'

export interface StdioWireOptions {
  readonly child: Child
  readonly events: WireEvents
  readonly log: Log
  /** Longest message, in bytes; also how much may wait for a child that does not read. */
  readonly maxMessage?: number
}

export function openStdioWire({ child, events, log: tools, maxMessage = 16 * 1024 * 1024 }: StdioWireOptions): Wire {
  const { stdin, stdout, upstream } = child
  const log = tools.with({ upstream })
  /** Settles when the child has read what waits; shared by all who wait for it. */
  let drained: Promise<void> | undefined

  /** Begins to read. The wire is over when the child has ended. */
  async function start(): Promise<void> {
    const reader = createLineReader({
      max: maxMessage,
      onLine: take,
      onLong: tooLong,
    })
    stdout.on('data', reader.push)
    stdout.once('end', reader.end)
    child.ended
      .then(({ code, signal }) => events.closed(`the program ended with ${signal ?? `code ${code}`}`))
      .catch((error: unknown) => log.error('upstream close handler', { error }))
  }

  /** Returns when the message was handed to the system; throws a Failure where the child has ended or does not read. */
  async function send(message: Json): Promise<void> {
    if (!stdin.writable) throw new Failure('upstream_away', `${upstream} is not running`)
    if (stdin.writableLength > maxMessage)
      throw new Failure('upstream_away', `${upstream} does not read its input; try again later`)
    if (stdin.writableCorked === 0) {
      // What is sent in one turn of the event loop, for whichever clients, goes out in one system call: it is the most that a message costs.
      stdin.cork()
      setImmediate(() => stdin.uncork())
    }
    if (stdin.write(`${JSON.stringify(message)}\n`)) return
    drained ??= drain()
    await drained
  }

  function drain(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stdin.off('drain', done)
        stdin.off('close', done)
        drained = undefined
        resolve()
      }
      stdin.on('drain', done)
      stdin.on('close', done)
    })
  }

  /** Whoever waits for it is told, where it can be told who that is. */
  function tooLong(start: string, bytes: number, end: string): void {
    log.warn('upstream message dropped: too long', { bytes, max: maxMessage })
    const id = responseId(start, end)
    if (id !== undefined) events.failed(id, new TooLarge('the answer', maxMessage))
  }

  function take(line: string): void {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      message = undefined
    }
    if (typeof message !== 'object' || message === null) {
      // Many servers greet with a banner or print debug output here.
      if (line.trim() !== '') log.debug('upstream wrote to stdout what is no message', { line: shortened(line, 200) })
      return
    }
    // Batches exist in the revision 2025-03-26.
    for (const one of Array.isArray(message) ? message : [message]) if (isObject(one)) deliver(one)
  }

  function deliver(message: Json): void {
    try {
      events.message(message, undefined)
    } catch (error) {
      events.error(error instanceof Error ? error : new Error(String(error)))
    }
  }

  return { start, send, version() {}, forget() {}, ready: async () => {}, stateful: true, close: () => child.stop() }
}

/** Of a response of which only the start and the end are there: servers write the id before the result, or behind it. */
function responseId(start: string, end: string): string | undefined {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"(s\d+)"/.exec(start) ?? /"id"\s*:\s*"(s\d+)"\s*\}\s*$/.exec(end)
  return found?.[1]
}
