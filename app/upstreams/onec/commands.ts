/** What a base offers, as commands of our catalogue. */
import type { Call, Command, Json, Result } from '../../call.ts'
import type { OnecConfig } from '../../config/upstream/onec.ts'
import { type Lists, type OfferOptions, toCommands } from '../offer.ts'
import type { Offered } from '../steady.ts'
import { secondsSince } from './answers.ts'
import type { Base } from './base.ts'
import { withConfirmation, withoutForged } from './confirm.ts'
import { normalised } from './normalise.ts'
import { type Origin, promptResult, resourceResult, toolResult } from './results.ts'
import type { Who } from './who.ts'

/** Milliseconds that the deadline of a call leaves to the base's own, whose text says more. */
const grace = 1_000

export interface OnecCommands extends Pick<OnecConfig, 'name' | 'prefix' | 'timeout' | 'confirm'> {
  readonly base: Base
  readonly who: Who
}

/** @param lists as the base gave them @param read what was left out when they were read */
export function onecCommands(lists: Lists, read: readonly string[], options: OnecCommands): Offered {
  const leftOut = [...read]
  const mended = normalised(lists, (sentence) => leftOut.push(sentence))
  const offering: OfferOptions = {
    owner: options.name,
    prefix: options.prefix,
    timeout: options.timeout * 1000 + grace,
    forward: (method, params, call) => forward(method, params, call, options),
    headers: false,
    completes: false,
    tasks: undefined,
    watch: nothingChanges,
  }
  const none: Lists = { tools: [], resources: [], templates: [], prompts: [] }
  const commands: Command[] = []
  for (const list of ['tools', 'resources', 'prompts'] as const) {
    for (const entry of mended[list]) {
      const [command] = toCommands({ ...none, [list]: [entry] }, offering).commands
      if (command) commands.push(command)
      else leftOut.push(`${list} ${String(entry.name ?? entry.uri).slice(0, 200)}: is not of the shape that MCP asks for`)
    }
  }
  return { commands, leftOut }
}

/** A base tells of no change; whoever wants to hear of one hears nothing, as from a server without subscriptions. */
const nothingChanges = async (): Promise<() => void> => () => {}

async function forward(method: string, params: Json, call: Call, options: OnecCommands): Promise<Result> {
  const { name, base, who } = options
  if (method === 'tools/call') return callTool(params, call, options)
  const { result, origin } = await ask(base, method, params, { name, who, signal: call.signal })
  return method === 'resources/read' ? resourceResult(result, String(params.uri), origin) : promptResult(result, origin)
}

async function callTool(params: Json, call: Call, { name, base, who, confirm }: OnecCommands): Promise<Result> {
  const tool = String(params.name)
  const values = withoutForged(params.arguments as Json)
  const agreed = confirm.includes(tool) ? await withConfirmation(name, tool, values, call) : { values }
  if ('refused' in agreed) return agreed.refused
  const asked = { name: tool, arguments: agreed.values }
  const { result, origin } = await ask(base, 'tools/call', asked, { name, who, signal: call.signal })
  return toolResult(result, origin)
}

async function ask(
  base: Base,
  method: string,
  params: Json,
  { name, who, signal }: { name: string; who: Who; signal: AbortSignal },
): Promise<{ result: unknown; origin: Origin }> {
  const began = performance.now()
  const result = await base.ask(method, params, { who, signal })
  const subject = String(params.name ?? params.uri ?? '').slice(0, 200)
  return { result, origin: { name, what: `${method} ${subject}`, seconds: secondsSince(began) } }
}
