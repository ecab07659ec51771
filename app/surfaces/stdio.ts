/** MCP over stdin and stdout: one line a message, one session the process. Nothing else may ever be written to stdout. */
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Caller } from '../call.ts'
import { Failure } from '../errors.ts'
import { aborted, type Service } from '../lifecycle.ts'
import { createByteLineReader } from '../lines.ts'
import { Conversation } from '../mcp/conversation.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { errorText } from '../mcp/message.ts'
import type { Sink } from '../mcp/sink.ts'
import { createStateless } from '../mcp/stateless.ts'
import type { Yard } from '../yard.ts'
import { parseJson, refusedId } from './json.ts'

/** The system user who started us is the boundary: who can start this process needs no key. */
const caller: Caller = { id: 'stdio', name: 'stdio', scopes: ['read', 'call'] }

/** Milliseconds after the time for stopping is up. */
const lastMoment = 300

export interface StdioOptions {
  input: Readable
  output: Writable
  /** Aborts when a stop can wait no longer. */
  hurry: AbortSignal
  /** Nothing but this is served: the process is done when the input has ended. */
  alone: boolean
}

/** Speaks MCP on the two streams. The end of the input, or a closed output, ends this conversation; the servers beside it do not notice. */
export function openStdio(yard: Yard, handlers: Handlers, { input, output, hurry, alone }: StdioOptions): Service {
  let broken = false
  let stopped = false
  const send = (text: string) => {
    // A client that does not read is not read from either: otherwise its answers would pile up here.
    if (!broken && !output.write(`${text}\n`)) input.pause()
  }
  const sink: Sink = { write: send, tell: send }
  const closing = new AbortController()
  output.on('drain', () => {
    if (!stopped) input.resume()
  })
  const conversation = new Conversation({
    yard,
    handlers,
    stateless: createStateless(yard, handlers, closing.signal),
    via: 'stdio',
    caller,
    onClose: () => {
      yard.sessions.remove(conversation)
      stopListening()
    },
  })
  conversation.stream = sink
  yard.sessions.add(conversation)
  const stopListening = yard.catalog.onChange((lists, person) => {
    if (person === undefined) conversation.listsChanged(lists)
  })

  const limit = yard.settled.config.limits.body
  const lines = createByteLineReader({
    max: limit,
    onLine(line) {
      if (isBlank(line)) return
      try {
        conversation.receive(parseJson(line), sink)
      } catch (error) {
        sink.write(errorText(refusedId(error), error))
      }
    },
    onLong(_start, bytes) {
      sink.write(
        errorText(
          undefined,
          new Failure('too_large', `a line may have ${limit} bytes, this one had ${bytes} and was skipped`, { data: { limit } }),
        ),
      )
    },
  })
  const onData = (chunk: Buffer) => lines.push(chunk)
  input.on('data', onData)
  const inputEnded = new Promise<void>((resolve) => {
    input.once('end', () => {
      lines.end()
      resolve()
    })
    input.once('error', () => resolve())
    input.once('close', () => resolve())
  })

  const outputClosed = new Promise<void>((resolve) => {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (!broken) yard.log.info('stdout closed', { reason: error.code ?? error.message })
      broken = true
      // Nobody would hear the answers: what still comes is thrown away.
      input.off('data', onData).resume()
      resolve()
    })
  })

  async function finish(reason: string): Promise<void> {
    closing.abort()
    await Promise.race([conversation.quiet(), outputClosed, aborted(hurry)])
    // What was cut off by the deadline gets a moment to take its error away.
    if (hurry.aborted) await Promise.race([conversation.quiet(), outputClosed, delay(lastMoment)])
    await Promise.race([written(output), outputClosed, aborted(hurry)])
    await conversation.close(reason)
  }

  const ended = Promise.race([inputEnded, outputClosed]).then(() => finish('stdin ended'))
  return {
    ...(alone ? { ended } : {}),
    async stop() {
      stopped = true
      input.off('data', onData).pause()
      await finish('the server is stopping')
    },
  }
}

/** Nothing but blanks, as between two messages. */
function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== space && byte !== tab && byte !== carriageReturn) return false
  return true
}

const space = 0x20
const tab = 0x09
const carriageReturn = 0x0d

/** Settles when everything given to the stream so far has gone out. */
function written(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (output.destroyed || output.writableEnded) resolve()
    else output.write('', () => resolve())
  })
}
