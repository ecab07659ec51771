/** MCP over HTTP by hand: what an SDK client would never send, and everything that comes back. */
import type { Json } from '../../app/call.ts'

export const acceptBoth = 'application/json, text/event-stream'

export const handshake = (version = '2025-11-25', id: string | number = 1) =>
  request('initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 'hand', version: '1' } }, id)

export const request = (method: string, params: Json = {}, id: string | number = 2) => ({ jsonrpc: '2.0', id, method, params })

export const notification = (method: string, params: Json = {}) => ({ jsonrpc: '2.0', method, params })

export const call = (name: string, values: Json = {}, id: string | number = 2, meta?: Json) =>
  request('tools/call', { name, arguments: values, ...(meta ? { _meta: meta } : {}) }, id)

/** Posts JSON, or a text as it is. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: acceptBoth, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: signal ?? null,
    redirect: 'manual',
  })
}

export interface Message extends Json {
  id?: string | number
  method?: string
  params?: Json
  result?: Json & { content?: { text: string }[] }
  error?: { code: number; message: string; data?: Json }
}

export const messageOf = async (response: Response): Promise<Message> => (await response.json()) as Message

export interface Event {
  readonly name: string
  readonly data: string
  readonly id?: string
}

/** An event stream, read as it comes. Comments are events with the name `:`. */
export class Events {
  readonly response: Response
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>
  private readonly decoder = new TextDecoder()
  private rest = ''

  constructor(response: Response) {
    this.response = response
    this.reader = response.body!.getReader()
  }

  /** The next event; undefined after the end. Rejects when the connection breaks. */
  async next(): Promise<Event | undefined> {
    for (;;) {
      const end = this.rest.indexOf('\n\n')
      if (end >= 0) {
        const block = this.rest.slice(0, end)
        this.rest = this.rest.slice(end + 2)
        return parse(block)
      }
      const { done, value } = await this.reader.read()
      if (done) return undefined
      this.rest += this.decoder.decode(value, { stream: true })
    }
  }

  /** The next message; comments are passed over. */
  async message(): Promise<Message | undefined> {
    for (let event = await this.next(); event; event = await this.next()) {
      // An event without content only has an id to come back with; readers of event streams pass over it.
      if (event.name === 'message' && event.data !== '') return JSON.parse(event.data) as Message
    }
    return undefined
  }

  /** Everything until the end. */
  async all(): Promise<Message[]> {
    const messages: Message[] = []
    for (let message = await this.message(); message; message = await this.message()) messages.push(message)
    return messages
  }

  close(): Promise<void> {
    return this.reader.cancel()
  }
}

function parse(block: string): Event {
  if (block.startsWith(':')) return { name: ':', data: block.slice(1).trim() }
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
  return { name: fields.get('event') ?? 'message', data: fields.get('data') ?? '', id: fields.get('id') }
}

export async function openEvents(url: string, headers: Record<string, string> = {}): Promise<Events> {
  return new Events(await fetch(url, { headers: { accept: 'text/event-stream', ...headers } }))
}
