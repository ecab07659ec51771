/** Pages are made from commands: the panel asks for them as anybody else would, so permission and history are written once. */
import type { Context } from 'hono'
import type { Json, Result } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import type { Wish } from '../app/switch.ts'
import type { Yard } from '../app/yard.ts'
import type { AdminEnv } from './web.ts'

export interface Asker {
  /** Calls a tool for whoever sent the request; their going away cancels it. @param id under which the call stands in the history */
  call(c: Context<AdminEnv>, name: string, parameters: Json, id: string): Promise<Result>
  /** The structured answer of one of our own commands, for a page: it leaves no row in the history. */
  page<T>(c: Context<AdminEnv>, name: string, parameters?: Json): Promise<T>
}

export function createAsker(yard: Yard): Asker {
  const wish = (c: Context<AdminEnv>, name: string, parameters: Json): Wish => ({
    kind: 'tool',
    name,
    arguments: parameters,
    caller: c.var.caller,
    via: 'admin',
  })

  return {
    call: (c, name, parameters, id) => yard.switch.call({ ...wish(c, name, parameters), id, signal: c.req.raw.signal }),
    // Not cancelled when the page is left: these are quick, and a call that was cut short stands in the history as a failure.
    async page<T>(c: Context<AdminEnv>, name: string, parameters: Json = {}) {
      const result = await yard.switch.call({ ...wish(c, name, parameters), quiet: true })
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return result.structuredContent as T
    },
  }
}

/** The first text of a result; a tool that fails says there why. */
export function textOf(result: Result): string {
  const content = Array.isArray(result.content) ? (result.content as { type?: unknown; text?: unknown }[]) : []
  const text = content.find((block) => block?.type === 'text')?.text
  return typeof text === 'string' && text !== '' ? text : 'the tool reported an error without a text'
}
