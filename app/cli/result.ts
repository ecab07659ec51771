/** What a tool answered, for a person at a terminal. */
import type { Json, Result } from '../call.ts'

export interface Shown {
  readonly text: string
  /** Parts that are no text, in words: a terminal cannot show them. */
  readonly left: readonly string[]
}

/** The texts of a tool result, a line break between them. @param live for a person: JSON is laid out to be read */
export function showResult({ content, structuredContent }: Result, live: boolean): Shown {
  const blocks = Array.isArray(content) ? (content as Json[]) : []
  const texts = blocks.map(textOf)
  const left = blocks.filter((_, index) => texts[index] === undefined).map(inWords)
  const found = texts.filter((each) => each !== undefined)
  if (found.length === 0 && structuredContent !== undefined) found.push(JSON.stringify(structuredContent, null, 2))
  return { text: (live ? found.map(laidOut) : found).join('\n'), left }
}

/** Many tools answer with an object in one long line. Any other text stays as it is. */
function laidOut(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** The text of one block of content, also where it is a resource of text or a link to one. */
function textOf({ type, text, resource, uri }: Json): string | undefined {
  if (type === 'text') return String(text)
  if (type === 'resource_link') return String(uri)
  const inside = (resource as Json | undefined)?.text
  return type === 'resource' && typeof inside === 'string' ? inside : undefined
}

function inWords({ type, mimeType, data, resource }: Json): string {
  const { mimeType: insideType, blob } = (resource ?? {}) as Json
  const base64 = typeof data === 'string' ? data : typeof blob === 'string' ? blob : ''
  return `${type} (${mimeType ?? insideType ?? 'no type'}, ${Math.floor((base64.length * 3) / 4)} bytes)`
}
