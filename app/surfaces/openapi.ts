/** The OpenAPI document of what the caller may call, the page to read it on, and the tools as other proxies read them. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Command, Who } from '../call.ts'
import { Failure } from '../errors.ts'
import { makeDocument } from '../openapi/document.ts'
import { openPage } from '../openapi/page.ts'
import { exportTools, usualPrefix } from '../openapi/tools.ts'
import type { Surface, Web } from '../yard.ts'
import { type Kept, sendKept } from './kept-text.ts'
import { textPerScopes } from './per-scopes.ts'
import { refuse } from './refuse.ts'

type Request = Context<{ Bindings: HttpBindings }>

export const openapi: Surface = (yard, closing) => {
  const url = yard.settled.config.server.publicUrl ?? undefined
  const document = textPerScopes(yard.catalog, closing, (tools, tag) =>
    JSON.stringify(makeDocument(tag ? tagged(tools, tag) : tools, { version: yard.version, url })),
  )
  const exported = textPerScopes(yard.catalog, closing, (tools, prefix) => JSON.stringify(exportTools(tools, prefix)))
  const app: Web = new Hono()
  app.get(
    '/openapi.json',
    answering((who, { req }) => document(who, req.query('tag'))),
  )
  app.get(
    '/api/tools.json',
    answering((who, { req }) => exported(who, prefixIn(req.query('prefix')))),
  )
  app.route('/', openPage())
  return app

  function answering(textFor: (who: Who, request: Request) => Kept) {
    return async function answered(request: Request): Promise<Response> {
      const { incoming, outgoing } = request.env
      try {
        return await sendKept(incoming, outgoing, textFor({ caller: await yard.identify(incoming), via: 'rest' }, request))
      } catch (error) {
        return refuse(request.env, error, yard.log)
      }
    }
  }
}

/** Throws Failure `invalid_params` for a tag that nothing has. */
function tagged(tools: readonly Command[], tag: string): readonly Command[] {
  const owners = new Set(tools.map(({ owner }) => owner))
  if (owners.has(tag)) return tools.filter(({ owner }) => owner === tag)
  throw new Failure('invalid_params', `no tag "${tag.slice(0, 80)}": there are ${[...owners].join(', ') || 'none'}`)
}

function prefixIn(prefix = usualPrefix): string {
  if (/^[A-Za-z0-9_-]{0,32}$/.test(prefix)) return prefix
  throw new Failure('invalid_params', 'prefix must be up to 32 of A-Z a-z 0-9 _ -')
}
