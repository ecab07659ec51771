/** A client of either era, that answers what it is asked and tells everything that it heard. */
import type { Json } from '../../../app/call.ts'
import { reach, shakeHands } from '../hand.ts'
import { askable, askModern, metaOf, modern, postModern, retry } from '../modern.ts'
import { Events, type Message, notification, request } from '../wire.ts'
import type { TestYard } from '../yard.ts'

/** What a client was asked; the key is what a client of 2026-07-28 sees. */
export interface Asked {
  readonly key?: string
  readonly method: string
  readonly params: Json
}

export interface Outcome {
  readonly asked: Asked[]
  /** How many rounds of questions there were, where the era has rounds. */
  readonly rounds?: number
  /** Notifications that came before the answer. */
  readonly told: Message[]
  readonly answer: Message
}

export interface Asking {
  /** What the client answers; a JSON-RPC error where it refuses, which only a client with a session can. */
  readonly answer?: (asked: Asked) => Json | Promise<Json>
  /** More members of `_meta`. */
  readonly meta?: Json
  readonly headers?: Record<string, string>
}

/** Changes that a client wants to hear of. */
export interface Ear {
  next(what: string, holds: (message: Message) => boolean): Promise<Message>
  close(): Promise<void>
}

export interface FarClient {
  request(method: string, params?: Json, asking?: Asking): Promise<Outcome>
  call(name: string, values?: Json, asking?: Asking): Promise<Outcome>
  /** Calls, and returns when the first progress has come; what it gives takes the call back. */
  begin(name: string): Promise<() => Promise<void>>
  /** Listens to changes of the list of tools, and of these resources. */
  listen(...uris: string[]): Promise<Ear>
  leave(): Promise<void>
}

export type ClientEra = 'session' | 'modern'

export const givenAnswers: Record<string, Json> = {
  'elicitation/create': { action: 'accept', content: { name: 'Ada' }, 'x-said': { kept: true } },
  'sampling/createMessage': { role: 'assistant', model: 'm', content: { type: 'text', text: 'rain', 'x-block': 1 }, 'x-said': 1 },
  'roots/list': { roots: [{ uri: 'file:///home/ada', name: 'home', 'x-root': 1 }] },
}
const given = ({ method }: Asked): Json => givenAnswers[method]!

let numbered = 100

export async function farClient(yard: TestYard, era: ClientEra, abilities: Json = askable): Promise<FarClient> {
  const client = era === 'session' ? await withSession(yard, abilities) : withoutSession(yard, abilities)
  return {
    ...client,
    call: (name, values = {}, asking) => client.request('tools/call', { name, arguments: values }, asking),
  }
}

type Talking = Omit<FarClient, 'call'>

/** What comes because of this request: its answer, and whatever is asked and told on the way. */
const isAbout =
  (id: number) =>
  (message: Message): boolean => {
    if (message.method === undefined) return message.id === id
    return message.id !== undefined || ['notifications/progress', 'notifications/message'].includes(message.method)
  }

async function withSession(yard: TestYard, abilities: Json): Promise<Talking> {
  const hand = await shakeHands(yard, 'http', { abilities, stream: true })
  const isProgress = ({ method }: Message) => method === 'notifications/progress'
  return {
    leave: hand.leave,
    async begin(name) {
      const id = ++numbered
      await hand.send(request('tools/call', { name, _meta: { progressToken: id } }, id))
      await hand.take('its progress', isProgress)
      return () => hand.send(notification('notifications/cancelled', { requestId: id }))
    },
    async listen(...uris) {
      for (const uri of uris) await hand.ask(request('resources/subscribe', { uri }, ++numbered))
      return {
        next: hand.take,
        async close() {
          for (const uri of uris) await hand.ask(request('resources/unsubscribe', { uri }, ++numbered))
        },
      }
    },
    async request(method, params = {}, { answer = given, meta } = {}) {
      const id = ++numbered
      const asked: Asked[] = []
      const told: Message[] = []
      await hand.send(request(method, { ...params, ...(meta ? { _meta: meta } : {}) }, id))
      for (;;) {
        const message = await hand.take(`an answer to ${method}`, isAbout(id))
        if (message.method === undefined) return { asked, told, answer: message }
        if (message.id === undefined) told.push(message)
        else {
          const one = { method: message.method, params: message.params ?? {} }
          asked.push(one)
          const said = await answer(one)
          await hand.send({ jsonrpc: '2.0', id: message.id, ...('error' in said ? said : { result: said }) })
        }
      }
    },
  }
}

function withoutSession({ url }: TestYard, abilities: Json): Talking {
  return {
    leave: async () => {},
    async begin(name) {
      const leaving = new AbortController()
      const asked = modern('tools/call', { name }, { id: ++numbered, abilities, meta: { progressToken: 1 } })
      await new Events(await postModern(url, asked, {}, leaving.signal)).message()
      return async () => leaving.abort()
    },
    async listen(...uris) {
      const notifications = { toolsListChanged: true, ...(uris.length ? { resourceSubscriptions: uris } : {}) }
      const asked = modern('subscriptions/listen', { notifications }, { id: ++numbered })
      const hand = await reach({ url }, 'http')
      await hand.send(asked)
      await hand.take('the acknowledgement', ({ method }) => method === 'notifications/subscriptions/acknowledged')
      return { next: hand.take, close: hand.leave }
    },
    async request(method, params = {}, { answer = given, meta = {}, headers } = {}) {
      const asked: Asked[] = []
      const told: Message[] = []
      const first = modern(method, params, { id: ++numbered, abilities, meta: { [metaOf('logLevel')]: 'info', ...meta } })
      let next = first
      for (let rounds = 0; ; rounds++) {
        const heard = await askModern(url, next, headers)
        told.push(...heard.before)
        const { result } = heard.answer
        if (result?.resultType !== 'input_required') return { asked, rounds, told, answer: heard.answer }
        const questions = Object.entries((result.inputRequests ?? {}) as Record<string, Omit<Asked, 'key'>>)
        const inputResponses: Json = {}
        for (const [key, question] of questions) {
          const one = { key, ...question }
          asked.push(one)
          inputResponses[key] = await answer(one)
        }
        next = retry(first, ++numbered, {
          inputResponses,
          ...(result.requestState === undefined ? {} : { requestState: result.requestState }),
        })
      }
    },
  }
}
