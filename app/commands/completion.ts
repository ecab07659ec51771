/** Proposals for the arguments of a prompt or the variables of a template, as a command of their own: it goes through the switch like any other. */
import type { Command, Json, Scope } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Complete } from './command.ts'

/** What MCP allows in one answer. */
const most = 100

/** @param completes by the argument's name */
export function completionOf(
  name: string,
  completes: Readonly<Record<string, Complete | undefined>>,
  { owner, scope }: { owner: string; scope: Scope },
): Command {
  return {
    kind: 'completion',
    name,
    owner,
    scope,
    definition: {},
    async run(call) {
      const { argument, context } = call.arguments as { argument: { name: string; value: string }; context?: Json }
      const complete = Object.hasOwn(completes, argument.name) ? completes[argument.name] : undefined
      const others = isObject(context?.arguments) ? (context.arguments as Record<string, string>) : {}
      const values = (await complete?.(argument.value, others)) ?? []
      return { completion: { values: values.slice(0, most), total: values.length, hasMore: values.length > most } }
    },
  }
}
