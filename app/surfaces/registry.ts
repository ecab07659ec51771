/** Where other servers register themselves, in the words of every generation of proxies: each client finds the members that it looks for. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Caller, Json } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Registered, Registrations } from '../registrations.ts'
import type { Surface } from '../yard.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { refuse } from './refuse.ts'
import { sendJson } from './send.ts'

type Request = Context<{ Bindings: HttpBindings }>
type Handle = (body: Json, caller: Caller) => Promise<{ readonly status?: number; readonly body: unknown }>

const largestBody = 64 * 1024

export const registry =
  (registrations: Registrations): Surface =>
  (yard) => {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.post('/register', posted(register))
    app.post('/unregister', posted(unregister))
    for (const path of ['/heartbeat', '/proxy/heartbeat']) app.post(path, posted(heartbeat))
    app.get(
      '/servers',
      listed((servers) => servers),
    )
    app.get('/list', listed(counted('servers')))
    app.get('/proxy/list', listed(counted('adapters')))
    app.get(
      '/discover',
      listed((servers) => ({ success: true, ...counted('servers')(servers) })),
    )
    app.get('/proxy/health', ({ env: { outgoing } }) =>
      sendJson(outgoing, 200, JSON.stringify({ status: 'ok', registered: registrations.count() })),
    )
    return app

    function posted(handle: Handle) {
      return answering(async ({ req, env: { incoming } }, caller) => {
        const text = await readBody(incoming, largestBody)
        const body = text.length === 0 ? {} : parseJson(text)
        if (!isObject(body))
          throw new Failure('invalid_request', 'the body must be a JSON object, such as {"server_id": ..., "server_url": ...}')
        const adapterId = req.query('adapter_id')
        return handle(adapterId === undefined ? body : { adapter_id: adapterId, ...body }, caller)
      })
    }

    function listed(shape: (servers: readonly Json[]) => unknown) {
      return answering(async (_request, caller) => {
        if (!caller.scopes.includes('read') && !caller.scopes.includes('register'))
          throw new Failure('forbidden', 'the list of servers needs a key with the scope read or register')
        return { body: shape((await registrations.list()).map(view)) }
      })
    }

    /** Knows who asks, and turns what was thrown into an answer that every client reads as a refusal. */
    function answering(handle: (request: Request, caller: Caller) => ReturnType<Handle>) {
      return async function answered(request: Request): Promise<Response> {
        const { incoming, outgoing } = request.env
        try {
          const { status = 200, body } = await handle(request, await yard.identify(incoming))
          return sendJson(outgoing, status, JSON.stringify(body))
        } catch (error) {
          return refuse(request.env, error, yard.log, (error) => ({
            success: false,
            status: 'error',
            detail: error.message,
            error,
          }))
        }
      }
    }

    async function register(body: Json, caller: Caller): ReturnType<Handle> {
      const { serverKey, serverId, copyNumber } = await registrations.register(body, caller)
      return {
        body: {
          success: true,
          status: 'registered',
          server_key: serverKey,
          registered: serverKey,
          adapter_id: serverKey,
          server_id: serverId,
          copy_number: copyNumber,
          message: 'registered',
          lease: yard.settled.config.registrations.lease,
        },
      }
    }

    async function unregister(body: Json, caller: Caller): ReturnType<Handle> {
      const keys = await registrations.unregister(body, caller)
      return {
        body: { success: true, status: 'ok', unregistered: keys.length > 0, server_key: keys[0] ?? null, server_keys: keys },
      }
    }

    async function heartbeat(body: Json, caller: Caller): ReturnType<Handle> {
      const key = await registrations.beat(body, caller)
      if (key !== undefined) return { body: { success: true, status: 'ok', heartbeat: key, server_key: key } }
      const message = 'unknown server: register it with POST /register, or send server_id and server_url with the heartbeat'
      return {
        status: 404,
        body: { success: false, status: 'error', detail: message, error: { code: 'unknown_server', message } },
      }
    }
  }

const counted = (name: string) => (servers: readonly Json[]) => ({ [name]: servers, count: servers.length })

const view = (one: Registered): Json => ({
  server_key: one.serverKey,
  adapter_id: one.serverKey,
  server_id: one.serverId,
  copy_number: one.copyNumber,
  server_url: one.serverUrl,
  server_name: one.serverName,
  description: one.description,
  version: one.version,
  uuid: one.uuid,
  capabilities: one.capabilities,
  metadata: one.metadata,
  registered_at: one.registeredAt.toISOString(),
  last_heartbeat: one.renewedAt.toISOString(),
  expires_at: one.expiresAt.toISOString(),
  state: one.state,
  tools: one.tools,
  error: one.error,
})
