/** The ways in: what port 9090 serves, and stdio beside it. After adding a surface, add it to this list. */
import type { Handlers } from '../mcp/handlers.ts'
import type { Surface } from '../yard.ts'
import { cmd } from './cmd.ts'
import { health } from './health.ts'
import { home } from './home.ts'
import { openapi } from './openapi.ts'
import { rest } from './rest.ts'
import { sse } from './sse.ts'
import { streamable } from './streamable.ts'
import { websocket } from './websocket.ts'

export { health } from './health.ts'
export { openStdio } from './stdio.ts'

export const mainSurfaces = (handlers: Handlers): Surface[] => [
  home,
  health,
  streamable(handlers),
  sse(handlers),
  websocket(handlers),
  cmd,
  rest,
  openapi,
]
