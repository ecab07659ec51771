/** Text from outside becomes a value: with bounds on its depth and its elements, and a word about what is wrong with it. */
import { isUtf8 } from 'node:buffer'
import { Failure } from '../errors.ts'
import { type JsonSize, measureText } from './json-size.ts'

/** Deeper values are refused, so that code that walks through them by recursion is safe. */
export const depthLimit = 64

/** Members and elements of one message, or of all messages of a batch: what is built of more takes longer than others may be kept waiting. */
const elementLimit = 10_000
const batchLimit = 50_000
/** What a message has around the arguments of its call. */
const around = 1_000
/** Shorter texts cannot hold enough to matter. */
const short = 64 * 1024

/**
 * @throws Failure `parse_error` for what is not JSON in UTF-8, `invalid_request` for what is nested too deep, `too_large` for what has too
 *   many elements: both are seen before anything is built
 */
export function parseJson(source: string | Buffer): unknown {
  const text = typeof source === 'string' ? source : decode(source)
  if (text.length > short || hasMore(text, depthLimit)) checkSize(text)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure('parse_error', `not JSON: ${text ? where(error as SyntaxError) : 'it is empty'}`)
  }
}

/** The engine's own words repeat what was sent. */
function where({ message }: SyntaxError): string {
  const position = /position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `it stops making sense at character ${position}`
  return message.startsWith('Unexpected end') ? 'it ends too early' : 'it has something in it that JSON does not'
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Failure('parse_error', 'not JSON: it is not in UTF-8')
  const text = bytes.toString()
  // 1C and PowerShell write a byte order mark, which JSON.parse does not take.
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** The ids of messages that were refused before they became values. */
const refused = new WeakMap<object, string>()

/** Which request this refusal by `parseJson` is about, where that could be seen: its client waits for an answer with this id. */
export function refusedId(error: unknown): string | number | undefined {
  const text = typeof error === 'object' && error !== null ? refused.get(error) : undefined
  try {
    return text === undefined ? undefined : (JSON.parse(text) as string | number)
  } catch {
    return undefined
  }
}

function checkSize(text: string): void {
  const size = measureText(text, depthLimit)
  const failure = problemWith(size)
  if (!failure) return
  if (size.id !== undefined) refused.set(failure, size.id)
  throw failure
}

function problemWith({ depth, largest, total }: JsonSize): Failure | undefined {
  if (depth > depthLimit)
    return new Failure('invalid_request', `nested deeper than ${depthLimit} levels`, { data: { limit: depthLimit } })
  if (largest > elementLimit + around)
    return new Failure('too_large', `more than ${elementLimit} members and elements: send less, or in several calls`, {
      data: { limit: elementLimit },
    })
  if (total > batchLimit)
    return new Failure('too_large', `more than ${batchLimit} members and elements in one batch: send it in several`, {
      data: { limit: batchLimit },
    })
  return undefined
}

/** Whether there are more opening brackets than that at all: usually there are three, and then nobody has to look closer. */
function hasMore(text: string, limit: number): boolean {
  let left = limit
  for (const bracket of '{[') {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (--left < 0) return true
  }
  return false
}
