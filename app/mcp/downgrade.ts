/** Content that a revision does not know yet, said in what it knows: its clients refuse a whole result in which one block is strange to them. */
import type { Json, Result } from '../call.ts'
import { isObject } from '../is-object.ts'
import { toldIn } from './results.ts'

/** Since which revision there is a block of this type; those that are not here have always been. */
const since: Readonly<Record<string, string>> = { audio: '2025-03-26', resource_link: '2025-06-18' }

/** @param revision that the client speaks */
export function downgraded(result: Result, revision: string): Result {
  if (revision >= '2025-06-18') return result
  if (Array.isArray(result.content)) {
    // What only stands in structured content is not read by these clients.
    if (result.content.length === 0 && result.structuredContent !== undefined)
      return { ...result, content: toldIn([], result.structuredContent) }
    const content = result.content.map((block: unknown) => known(block, revision))
    return content.every((block, index) => block === (result.content as unknown[])[index]) ? result : { ...result, content }
  }
  if (Array.isArray(result.messages)) {
    const messages = result.messages.map((message: unknown) =>
      isObject(message) ? { ...message, content: known(message.content, revision) } : message,
    )
    return { ...result, messages }
  }
  return result
}

function known(block: unknown, revision: string): unknown {
  if (!isObject(block) || typeof block.type !== 'string') return block
  const first = Object.hasOwn(since, block.type) ? since[block.type] : undefined
  if (first === undefined || revision >= first) return block
  return block.type === 'audio' ? asResource(block) : asText(block)
}

/** Bytes of any type have always had a place in an embedded resource. */
const asResource = ({ mimeType, data, annotations }: Json): Json => ({
  type: 'resource',
  resource: { uri: 'urn:switchyard:audio', mimeType, blob: data },
  ...(annotations === undefined ? {} : { annotations }),
})

const asText = ({ name, uri, description, annotations }: Json): Json => ({
  type: 'text',
  text: [`${String(name)}: ${String(uri)}`, description].filter(Boolean).join('\n'),
  ...(annotations === undefined ? {} : { annotations }),
})
