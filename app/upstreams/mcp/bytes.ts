/**
 * Bytes in what a server sends: images, sound, blobs. Clients refuse a whole result in which one of them is no base64, and do not say whose
 * it was; so it is looked at here, mended where it is clear what is meant, and refused by the name of the server where it is not.
 */
import { isBase64 } from '../../base64.ts'
import type { Json, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { Refused } from './peer.ts'

/** The same result where nothing has to be mended. Throws Refused for what cannot be. */
export function withReadableBytes(result: Result): Result {
  const { content, contents, messages } = result
  if (Array.isArray(content)) return withList(result, 'content', content, block)
  if (Array.isArray(contents)) return withList(result, 'contents', contents, (entry) => member(entry, 'blob'))
  if (Array.isArray(messages)) return withList(result, 'messages', messages, message)
  return result
}

function withList(result: Result, name: string, list: readonly unknown[], mend: (entry: Json) => Json): Result {
  const mended = list.map((entry) => (isObject(entry) ? mend(entry) : entry))
  return mended.every((entry, index) => entry === list[index]) ? result : { ...result, [name]: mended }
}

function message(entry: Json): Json {
  if (!isObject(entry.content)) return entry
  const content = block(entry.content)
  return content === entry.content ? entry : { ...entry, content }
}

function block(entry: Json): Json {
  if (entry.type === 'image' || entry.type === 'audio') return member(entry, 'data')
  if (entry.type !== 'resource' || !isObject(entry.resource)) return entry
  const resource = member(entry.resource, 'blob')
  return resource === entry.resource ? entry : { ...entry, resource }
}

function member(entry: Json, name: 'data' | 'blob'): Json {
  const given = entry[name]
  if (isBase64(given) || (name === 'blob' && given === undefined)) return entry
  const mended = typeof given === 'string' ? plain(given) : undefined
  if (isBase64(mended)) return { ...entry, [name]: mended }
  const what = String(entry.mimeType ?? entry.type ?? entry.uri ?? 'a blob').slice(0, 100)
  throw new Refused({ code: -32603, message: `${what} came with ${name} that is no base64, which no client can read` })
}

/** Without the head of a data URL, line breaks, the alphabet of URLs, and with its padding. */
function plain(text: string): string {
  const bare = text
    .replace(/^data:[^,]{0,200};base64,/, '')
    .replace(/\s+/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/=+$/, '')
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')
}
