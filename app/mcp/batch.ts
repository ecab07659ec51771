/** JSON-RPC batches, which MCP had in 2025-03-26 alone: many messages in, their answers out as one list. */
import { Failure } from '../errors.ts'
import { shapeOf } from './message.ts'
import type { Sink } from './sink.ts'

const most = 100

/** @param version that was negotiated */
export const hasBatches = (version: string | undefined): boolean => version === '2025-03-26'

/** Throws Failure `invalid_request` for a batch that may not be. @param version that was negotiated */
export function checkBatch(messages: readonly unknown[], version: string | undefined): void {
  if (!hasBatches(version))
    throw new Failure('invalid_request', 'batches are part of 2025-03-26 only: send one message at a time')
  if (messages.length >= 1 && messages.length <= most) return
  throw new Failure('invalid_request', `a batch has 1 to ${most} messages, this one has ${messages.length}`)
}

/** A sink for the messages of one batch: it holds the answers until all are there, and lets through what is no answer. */
export function gather(messages: readonly unknown[], sink: Sink): Sink {
  let expected = messages.filter((message) => shapeOf(message) === 'request' || shapeOf(message) === 'invalid').length
  const answers: string[] = []
  const complete = () => {
    if (answers.length === expected) sink.write(`[${answers.join(',')}]`)
  }
  return {
    ...(sink.streams === undefined ? {} : { streams: sink.streams }),
    tell: (text) => sink.tell(text),
    write(text) {
      answers.push(text)
      complete()
    },
    cancelled() {
      expected--
      if (expected === 0) sink.cancelled?.()
      else complete()
    },
  }
}
