/** What comes back from a base, made into what MCP clients accept: one block that they do not know makes them refuse the whole. */
import { ContentBlockSchema } from '@modelcontextprotocol/sdk/types.js'
import type { Json, Result } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { base64In } from './json.ts'
import { shortText } from './short-text.ts'

/** What a result belongs to. */
export interface Origin {
  /** Of the upstream. */
  readonly name: string
  /** `tools/call list_orders` */
  readonly what: string
  /** Seconds that it took. */
  readonly seconds: number
}

const textBlock = (text: string): Json => ({ type: 'text', text })

const asText = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value))

const withoutNulls = (value: Json): Json => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null))

/** MCP's `CallToolResult`. What failed says so, and why. */
export function toolResult(given: unknown, origin: Origin): Result {
  if (!isObject(given)) return { content: [textBlock(asText(given))] }
  const result = withoutNulls(given)
  const raw = result.content === undefined ? [] : Array.isArray(result.content) ? result.content : [result.content]
  const failed = result.isError === true || result.isError === 'true'
  const blocks = raw.map((block) => contentBlock(block, origin))
  const content = failed ? failureIn(blocks, origin) : blocks
  const structured = result.structuredContent ?? structuredIn(raw)
  const { structuredContent: _, isError: __, _meta, ...rest } = result
  return {
    ...rest,
    content,
    ...(structured === undefined ? {} : { structuredContent: structured }),
    ...(isObject(_meta) ? { _meta } : {}),
    ...(given.isError === undefined || given.isError === null ? {} : { isError: failed }),
  }
}

/** A model that is told nothing tries the same again. */
function failureIn(blocks: readonly Json[], { name, what, seconds }: Origin): Json[] {
  const told = blocks.map((block) => (block.type === 'text' ? { ...block, text: shortText(String(block.text)) } : block))
  if (told.some(({ type, text }) => type === 'text' && String(text).trim() !== '')) return told
  return [textBlock(`${name}: ${what} failed after ${seconds} s, and the base does not say why`), ...told]
}

function structuredIn(blocks: readonly unknown[]): Json | undefined {
  for (const block of blocks) {
    if (!isObject(block) || block.type !== 'json') continue
    const value = block.json ?? block.data
    if (isObject(value)) return value
  }
  return undefined
}

/** One block of content, of a result or of a prompt's message. */
export function contentBlock(given: unknown, origin: Origin): Json {
  if (!isObject(given)) return textBlock(asText(given))
  const block = withoutNulls(given)
  const mended = mendedBlock(block, origin)
  if (mended && ContentBlockSchema.safeParse(mended).success) return mended
  // Annotations that nobody understands are no reason to lose what they are about.
  const { annotations: _, _meta: __, ...bare } = mended ?? {}
  if (mended && ContentBlockSchema.safeParse(bare).success) return bare
  return textBlock(typeof block.text === 'string' ? block.text : asText(given))
}

function mendedBlock(block: Json, origin: Origin): Json | undefined {
  switch (block.type) {
    case 'text':
      return { ...block, text: asText(block.text) }
    case 'image':
    case 'audio': {
      const { type } = block
      const data = base64In(block.data)
      if (data === undefined || data === '') return textBlock(`(${type} left out: its data is no base64)`)
      return { ...block, data, mimeType: textOr(block.mimeType, type === 'image' ? 'image/png' : 'audio/wav') }
    }
    case 'blob':
      return embedded({ uri: block.uri, mimeType: block.mimeType, blob: block.blob ?? block.data }, origin)
    case 'resource':
      return isObject(block.resource) ? { ...block, ...embedded(block.resource, origin) } : undefined
    case 'resource_link':
      return { ...block, name: textOr(block.name, String(block.uri)) }
    case 'json':
      return textBlock(asText(block.json ?? block.data ?? block))
    default:
      return undefined
  }
}

function embedded(resource: Json, { name, what }: Origin): Json {
  const subject = encodeURIComponent(what.slice(what.indexOf(' ') + 1))
  return { type: 'resource', resource: contents(resource, `onec://${name}/${subject}`) }
}

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' && value !== '' ? value : otherwise)

/** MCP's `ReadResourceResult`. @param uri that was asked for */
export function resourceResult(given: unknown, uri: string, { name, what }: Origin): Result {
  if (typeof given === 'string') return { contents: [contents({ text: given }, uri)] }
  const result = isObject(given) ? withoutNulls(given) : {}
  const raw = result.contents ?? ('text' in result || 'blob' in result ? result : undefined)
  if (raw === undefined) throw new Failure('upstream_failed', `${name}: ${what} came back without contents`)
  return {
    ...('contents' in result ? result : {}),
    contents: (Array.isArray(raw) ? raw : [raw]).map((each) => contents(each, uri)),
  }
}

/** A text, or bytes as base64: which of the two tells the member, not `type`. */
function contents(given: unknown, uri: string): Json {
  if (!isObject(given)) return { uri, mimeType: 'text/plain', text: asText(given) }
  const { type: _, text, blob, ...rest } = withoutNulls(given)
  const known = { ...rest, uri: textOr(rest.uri, uri) }
  const bytes = blob === undefined ? undefined : base64In(blob)
  if (bytes !== undefined && text === undefined)
    return { ...known, mimeType: textOr(rest.mimeType, 'application/octet-stream'), blob: bytes }
  return { ...known, mimeType: textOr(rest.mimeType, 'text/plain'), text: asText(text ?? blob ?? '') }
}

/** MCP's `GetPromptResult`. */
export function promptResult(given: unknown, origin: Origin): Result {
  if (typeof given === 'string') return { messages: [{ role: 'user', content: textBlock(given) }] }
  const result = isObject(given) ? withoutNulls(given) : {}
  if (!Array.isArray(result.messages))
    throw new Failure('upstream_failed', `${origin.name}: ${origin.what} came back without messages`)
  return { ...result, messages: result.messages.flatMap((message) => messages(message, origin)) }
}

/** MCP knows two roles, and one block in a message. */
function messages(given: unknown, origin: Origin): Json[] {
  if (!isObject(given)) return [{ role: 'user', content: textBlock(asText(given)) }]
  const role = given.role === 'assistant' ? 'assistant' : 'user'
  const blocks = Array.isArray(given.content) ? given.content : [given.content ?? '']
  return blocks.map((block) => ({ ...withoutNulls(given), role, content: contentBlock(block, origin) }))
}
