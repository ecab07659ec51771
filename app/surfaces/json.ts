/** Text from outside becomes a value: with a bound on its depth, and a word about what is wrong with it. */
import { isUtf8 } from 'node:buffer'
import { Failure } from '../errors.ts'

/** Deeper values are refused, so that code that walks through them by recursion is safe. */
export const depthLimit = 64

/**
 * @throws Failure `parse_error` for what is not JSON in UTF-8, `invalid_request` for what is nested too deep
 */
export function parseJson(source: string | Buffer): unknown {
  const text = typeof source === 'string' ? source : decode(source)
  if (isDeeper(text, depthLimit))
    throw new Failure('invalid_request', `nested deeper than ${depthLimit} levels`, { data: { limit: depthLimit } })
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

const quote = '"'.charCodeAt(0)
const backslash = '\\'.charCodeAt(0)
const opening = ['[', '{'].map((sign) => sign.charCodeAt(0))
const closing = [']', '}'].map((sign) => sign.charCodeAt(0))

/** Counts brackets outside strings: before anything is built, and without a stack of our own. */
function isDeeper(text: string, limit: number): boolean {
  if (!hasMore(text, limit)) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === quote) at = endOfString(text, at)
    else if (sign === opening[0] || sign === opening[1]) {
      if (++depth > limit) return true
    } else if (sign === closing[0] || sign === closing[1]) depth--
  }
  return false
}

/** Whether there are more opening brackets than that at all: usually there are three, and then nobody has to look closer. */
function hasMore(text: string, limit: number): boolean {
  let left = limit
  for (const bracket of '{[') {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if (--left < 0) return true
  }
  return false
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}
