/** The ways in: what port 9090 serves, and stdio beside it. After adding a surface, add it to this list. */
import type { Authorization } from '../authorization.ts'
import type { Handlers } from '../mcp/handlers.ts'
import type { Registrations } from '../registrations.ts'
import type { Surface } from '../yard.ts'
import { cmd } from './cmd.ts'
import { health } from './health.ts'
import { home } from './home.ts'
import { endpoints } from './oauth/endpoints.ts'
import { metadata } from './oauth/metadata.ts'
import { signIn } from './oauth/sign-in.ts'
import { openapi } from './openapi.ts'
import { registry } from './registry.ts'
import { rest } from './rest.ts'
import { sse } from './sse.ts'
import { streamable } from './streamable.ts'
import { websocket } from './websocket.ts'

export { health } from './health.ts'
export { openStdio } from './stdio.ts'

/** @param authorization where people let clients act in their name */
export const mainSurfaces = (handlers: Handlers, registrations: Registrations, authorization?: Authorization): Surface[] => [
  home,
  health,
  streamable(handlers),
  sse(handlers),
  websocket(handlers),
  cmd,
  rest,
  openapi,
  registry(registrations),
  ...(authorization ? [metadata(authorization), endpoints(authorization), signIn(authorization)] : []),
]
