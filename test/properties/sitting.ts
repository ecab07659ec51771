/** Conversations in this process without a wire: messages go in as every surface hands them in, and come out as texts. */
import { Socket } from 'node:net'
import type { Json } from '../../app/call.ts'
import { buildCommands } from '../../app/commands/build.ts'
import type { Definition } from '../../app/commands/command.ts'
import { echoCommands } from '../../app/commands/echo.ts'
import type { Conversation } from '../../app/mcp/conversation.ts'
import { createConversations } from '../../app/mcp/conversations.ts'
import { createHandlers, type Handlers } from '../../app/mcp/handlers.ts'
import { createStateless } from '../../app/mcp/stateless.ts'
import { handshake, type Message } from '../fakes/wire.ts'
import { startYard, type TestYard } from '../fakes/yard.ts'

const commands: Definition[] = [
  ...echoCommands(),
  {
    name: 'later',
    description: 'Sends the message back after so many turns of the event loop',
    params: {
      message: { type: 'string', description: 'What to send back', required: true },
      turns: { type: 'integer', description: 'Turns', default: 1 },
    },
    async run({ message, turns }) {
      for (let turn = 0; turn < Math.min(Number(turns), 10); turn++) await new Promise(setImmediate)
      return { message }
    },
  },
  {
    name: 'steps',
    description: 'Tells how far it is, then answers',
    run(_, { progress, log }) {
      progress(1, 2)
      log('warning', 'half')
      progress(2, 2)
      return 'done'
    },
  },
  { kind: 'resource', name: 'note', uri: 'notes://{id}', description: 'A note', read: ({ id }) => `note ${id}` },
  {
    kind: 'prompt',
    name: 'greet',
    description: 'Greets somebody',
    arguments: { name: { description: 'Whom', required: true, complete: (value) => [value] } },
    get: ({ name }) => `Hello ${name}`,
  },
]

export interface Sitting {
  readonly conversation: Conversation
  /** Takes one message, and gives everything that came when no request waits any more: what is a list came as one. */
  say(message: unknown): Promise<unknown[]>
  /** Takes one message and waits for nothing. */
  tell(message: unknown): void
  /** Everything that has come since the last look. */
  heard(): unknown[]
}

export interface Room {
  readonly yard: TestYard
  readonly handlers: Handlers
  /** Opens a session that has shaken hands. */
  open(version?: string): Promise<Sitting>
  /** Lines of the log with the level error since the last look. */
  complaints(): string[]
  stop(): Promise<void>
}

/** Nobody asks for the credential of whoever needs none. */
const nowhere = { headers: {}, socket: new Socket() }

export async function openRoom(): Promise<Room> {
  const yard = await startYard([], ({ catalog }) => catalog.offer('switchyard', buildCommands(commands, 'switchyard')))
  const handlers = createHandlers(yard.catalog, yard.switch)
  const closing = new AbortController()
  const stateless = createStateless(yard, handlers, closing.signal)
  const conversations = createConversations(yard, { via: 'websocket', handlers, stateless, closing: closing.signal })

  async function open(version = '2025-11-25'): Promise<Sitting> {
    const conversation = conversations.open(nowhere, { id: 'local', name: 'local', scopes: ['read', 'call'] }, () => {})
    let texts: string[] = []
    const take = (text: string) => void texts.push(text)
    const sink = { write: take, tell: take }
    conversation.stream = sink
    const sitting: Sitting = {
      conversation,
      tell: (message) => conversation.receive(message, sink),
      heard() {
        const heard = texts.map((text) => JSON.parse(text) as unknown)
        texts = []
        return heard
      },
      async say(message) {
        sitting.tell(message)
        await conversation.quiet()
        return sitting.heard()
      },
    }
    await sitting.say(handshake(version))
    return sitting
  }

  return {
    yard,
    handlers,
    open,
    complaints: () =>
      yard.log.lines
        .splice(0)
        .filter(({ level }) => level === 'error')
        .map(({ event, fields }) => `${event}: ${String(fields.error)}`),
    async stop() {
      closing.abort()
      await yard.stop()
    },
  }
}

export const isNotice = (message: unknown): boolean => 'method' in (message as Json)
export const answersOf = (messages: readonly unknown[]): Message[] => messages.filter((one) => !isNotice(one)) as Message[]
