/** Every way in that speaks MCP, with the commands of one test behind it. */
import { PassThrough } from 'node:stream'
import { buildCommands } from '../../app/commands/build.ts'
import type { Definition } from '../../app/commands/command.ts'
import { createHandlers } from '../../app/mcp/handlers.ts'
import { cmd } from '../../app/surfaces/cmd.ts'
import { rest } from '../../app/surfaces/rest.ts'
import { sse } from '../../app/surfaces/sse.ts'
import { openStdio } from '../../app/surfaces/stdio.ts'
import { streamable } from '../../app/surfaces/streamable.ts'
import { websocket } from '../../app/surfaces/websocket.ts'
import type { Surface } from '../../app/yard.ts'
import { startYard, type TestYard } from './yard.ts'

export interface CommandYard extends TestYard {
  /** A conversation over stdin and stdout, as if we had been started by a client. */
  stdio(): Pipes
  /** Other commands in the place of those that there were. */
  offer(commands: readonly Definition[]): void
}

export interface Pipes {
  readonly input: PassThrough
  readonly output: PassThrough
}

export interface CommandYardOptions {
  /** Milliseconds that a call may take. */
  readonly timeout?: number
  /** As for a server, such as SECRET_KEY. */
  readonly env?: Record<string, string>
}

export async function startCommandYard(commands: readonly Definition[], options: CommandYardOptions = {}): Promise<CommandYard> {
  const surface =
    (open: (handlers: ReturnType<typeof createHandlers>) => Surface): Surface =>
    (yard, closing) =>
      open(createHandlers(yard.catalog, yard.switch))(yard, closing)
  const surfaces = [surface(streamable), surface(sse), surface(websocket), cmd, rest]
  const yard = await startYard(surfaces, ({ catalog }) => catalog.offer('commands', buildCommands(commands, 'commands')), options)
  const conversations: { stop?(): Promise<void> | void }[] = []
  return {
    ...yard,
    stdio() {
      const [input, output] = [new PassThrough(), new PassThrough()]
      const handlers = createHandlers(yard.catalog, yard.switch)
      conversations.push(openStdio(yard, handlers, { input, output, hurry: new AbortController().signal, alone: false }))
      return { input, output }
    },
    offer: (other) => yard.catalog.offer('commands', buildCommands(other, 'commands')),
    async stop() {
      await Promise.all([yard.stop(), ...conversations.map((conversation) => conversation.stop?.())])
    },
  }
}
