/** The MCP surfaces over HTTP behind a real port, with commands that wait, talk and weigh as a test needs them. */

import { buildCommands } from '../../app/commands/build.ts'
import type { Definition } from '../../app/commands/command.ts'
import { echoCommands } from '../../app/commands/echo.ts'
import { createHandlers } from '../../app/mcp/handlers.ts'
import { sse } from '../../app/surfaces/sse.ts'
import { streamable } from '../../app/surfaces/streamable.ts'
import { websocket } from '../../app/surfaces/websocket.ts'
import type { Surface, Yard } from '../../app/yard.ts'
import { startYard, type TestYard } from './yard.ts'

export interface McpYard extends TestYard {
  /** Calls of `wait` so far: begun, and taken back. */
  readonly waits: { begun: number; cancelled: number }
  /** Lets every `wait` that still runs answer. */
  release(): void
  /** Puts one more tool into the catalogue. */
  offer(name: string): void
}

/**
 * @param env as for a server, such as MCP_SESSION_IDLE
 * @param slow what identifies callers waits for first, every time
 */
export async function startMcpYard(env: Record<string, string> = {}, slow?: () => Promise<void>): Promise<McpYard> {
  const waits = { begun: 0, cancelled: 0 }
  const waiting = new Set<() => void>()
  const commands: Definition[] = [
    ...echoCommands(),
    {
      name: 'wait',
      description: 'Answers when the test says so',
      run: (_, { signal }) =>
        new Promise<string>((resolve) => {
          waits.begun++
          waiting.add(() => resolve('released'))
          signal.addEventListener('abort', () => {
            waits.cancelled++
            resolve('cancelled')
          })
        }),
    },
    {
      name: 'steps',
      description: 'Tells how far it is, then answers',
      run(_, { progress, log }) {
        progress(1, 2, 'half')
        log('debug', 'not heard')
        log('warning', 'heard')
        progress(2, 2, 'whole')
        return 'done'
      },
    },
    {
      name: 'heavy',
      description: 'Answers with so many bytes',
      params: { bytes: { type: 'integer', description: 'Bytes', required: true } },
      run: ({ bytes }) => 'x'.repeat(bytes as number),
    },
  ]
  const surface =
    (open: (handlers: ReturnType<typeof createHandlers>) => Surface): Surface =>
    (yard, closing) =>
      open(createHandlers(yard.catalog, yard.switch))(slow ? delayed(yard, slow) : yard, closing)

  const yard = await startYard(
    [surface(streamable), surface(sse), surface(websocket)],
    ({ catalog }) => catalog.offer('switchyard', buildCommands(commands, 'switchyard')),
    { env },
  )
  return {
    ...yard,
    waits,
    release() {
      for (const answer of waiting) answer()
      waiting.clear()
    },
    offer(name) {
      yard.catalog.offer('late', buildCommands([{ name, description: 'Came late', run: () => name }], 'late'))
    },
  }
}

const delayed = (yard: Yard, slow: () => Promise<void>): Yard => ({
  ...yard,
  async identify(request) {
    await slow()
    return yard.identify(request)
  },
})
