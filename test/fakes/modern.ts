/** 2026-07-28 by hand: requests that say everything of themselves, and all that comes back to one of them. */
import type { Json } from '../../app/call.ts'
import { acceptBoth, Events, type Message, post, request } from './wire.ts'

export const metaOf = (name: string) => `io.modelcontextprotocol/${name}`

/** Everything that a client of ours can be asked, unless a test says otherwise. */
export const askable: Json = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }

export interface Saying {
  readonly id?: string | number
  /** What the client can be asked. */
  readonly abilities?: Json
  /** More members of `_meta`. */
  readonly meta?: Json
}

export function modern(method: string, params: Json = {}, { id = 2, abilities = askable, meta = {} }: Saying = {}) {
  const _meta = { [metaOf('protocolVersion')]: '2026-07-28', [metaOf('clientCapabilities')]: abilities, ...meta }
  return request(method, { ...params, _meta }, id)
}

export const modernCall = (name: string, values: Json = {}, saying?: Saying) =>
  modern('tools/call', { name, arguments: values }, saying)

/** The same request again, with answers. */
export const retry = ({ method, params }: ReturnType<typeof modern>, id: string | number, more: Json) =>
  request(method, { ...params, ...more }, id)

/** The headers that repeat what stands in the message. */
export function headersFor({ method, params }: { method: string; params: Json }): Record<string, string> {
  const name = method === 'resources/read' ? params.uri : params.name
  return {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
  }
}

export interface Told {
  readonly response: Response
  /** What came before the answer. */
  readonly before: Message[]
  readonly answer: Message
}

/** Posts it and reads everything that belongs to it. */
export async function askModern(
  url: string,
  message: ReturnType<typeof modern>,
  headers: Record<string, string> = {},
): Promise<Told> {
  const response = await postModern(url, message, headers)
  if (response.headers.get('content-type') === 'application/json')
    return { response, before: [], answer: (await response.json()) as Message }
  const messages = await new Events(response).all()
  return { response, before: messages.slice(0, -1), answer: messages.at(-1)! }
}

export const postModern = (
  url: string,
  message: ReturnType<typeof modern>,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> => post(`${url}/mcp`, message, { accept: acceptBoth, ...headersFor(message), ...headers }, signal)
