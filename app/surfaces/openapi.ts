/** The OpenAPI document of what the caller may call, and the page to read it on. */
import { Hono } from 'hono'
import { makeDocument } from '../openapi/document.ts'
import { openPage } from '../openapi/page.ts'
import type { Surface, Web } from '../yard.ts'
import { textPerScopes } from './per-scopes.ts'
import { refuse } from './refuse.ts'
import { sendJson } from './send.ts'

export const openapi: Surface = (yard, closing) => {
  const url = yard.settled.config.server.publicUrl ?? undefined
  const text = textPerScopes(yard.catalog, closing, (tools) =>
    JSON.stringify(makeDocument(tools, { version: yard.version, url })),
  )
  const app: Web = new Hono()
  app.get('/openapi.json', async ({ env }) => {
    try {
      return sendJson(env.outgoing, 200, text(await yard.identify(env.incoming)))
    } catch (error) {
      return refuse(env, error, yard.log)
    }
  })
  app.route('/', openPage())
  return app
}
