/**
 * An MCP transport over a child's stdin and stdout, one JSON message a line. Every call to a stdio upstream passes here, so nothing is done
 * twice: the SDK checks the messages, this file does not.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { Failure } from '../errors.ts'
import { createLineReader } from '../lines.ts'
import type { Log } from '../log.ts'
import type { Child } from './supervisor.ts'

export interface StdioTransportOptions {
  log: Log
  /** Longest message, in bytes; also how much may wait for a child that does not read. */
  maxMessage?: number
}

export class StdioTransport implements Transport {
  onmessage?: Transport['onmessage']
  onclose?: Transport['onclose']
  onerror?: Transport['onerror']
  readonly #child: Child
  readonly #log: Log
  readonly #maxMessage: number
  /** Settles when the child has read what waits; shared by all who wait for it. */
  #drained: Promise<void> | undefined

  constructor(child: Child, { log, maxMessage = 16 * 1024 * 1024 }: StdioTransportOptions) {
    this.#child = child
    this.#log = log.with({ upstream: child.upstream })
    this.#maxMessage = maxMessage
  }

  /** The child's last lines on stderr: they usually say why it died. */
  get lastWords(): readonly string[] {
    return this.#child.lastWords
  }

  /** Begins to read. `onclose` fires once, when the child has ended. */
  async start(): Promise<void> {
    const reader = createLineReader({
      max: this.#maxMessage,
      onLine: (line) => this.#take(line),
      onLong: (_, bytes) => this.#log.warn('upstream message dropped: too long', { bytes, max: this.#maxMessage }),
    })
    this.#child.stdout.on('data', reader.push)
    this.#child.stdout.once('end', reader.end)
    this.#child.ended.then(() => this.onclose?.()).catch((error) => this.#log.error('upstream close handler', { error }))
  }

  /** Returns when the message was handed to the system; throws a Failure where the child has ended or does not read. */
  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin, upstream } = this.#child
    if (!stdin.writable) throw new Failure('upstream_away', `${upstream} is not running`)
    if (stdin.writableLength > this.#maxMessage)
      throw new Failure('upstream_away', `${upstream} does not read its input; try again later`)
    if (stdin.writableCorked === 0) {
      // What is sent in the same moment goes out in one system call: a quarter less CPU a message at 16 callers.
      stdin.cork()
      process.nextTick(() => stdin.uncork())
    }
    if (stdin.write(`${JSON.stringify(message)}\n`)) return
    this.#drained ??= this.#drain()
    await this.#drained
  }

  /** Stops the child and everything that it started. */
  close(): Promise<void> {
    return this.#child.stop()
  }

  #drain(): Promise<void> {
    const { stdin } = this.#child
    return new Promise((resolve) => {
      const done = () => {
        stdin.off('drain', done)
        stdin.off('close', done)
        this.#drained = undefined
        resolve()
      }
      stdin.on('drain', done)
      stdin.on('close', done)
    })
  }

  #take(line: string): void {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      message = undefined
    }
    if (typeof message !== 'object' || message === null) {
      // Many servers greet with a banner or print debug output here.
      if (line.trim() !== '') this.#log.debug('upstream wrote to stdout what is no message', { line: line.slice(0, 200) })
      return
    }
    // Batches exist in the revision 2025-03-26.
    for (const one of Array.isArray(message) ? message : [message]) this.#deliver(one as JSONRPCMessage)
  }

  #deliver(message: JSONRPCMessage): void {
    try {
      this.onmessage?.(message)
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
