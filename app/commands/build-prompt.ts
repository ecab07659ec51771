/** A prompt, as its author wrote it, becomes a command. */
import type { Command, Json, Result } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { PromptDefinition } from './command.ts'
import { completionOf } from './completion.ts'
import { CallContext } from './context.ts'
import { given, titleOf } from './words.ts'

export function buildPrompt(definition: PromptDefinition, owner: string): Command {
  const { name, description, scope = 'read', timeout, icons, get } = definition
  const described = Object.entries(definition.arguments ?? {})
  const completes = Object.fromEntries(described.map(([argument, { complete }]) => [argument, complete]))
  return {
    kind: 'prompt',
    name,
    owner,
    scope,
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    definition: {
      name,
      title: definition.title ?? titleOf(name),
      description,
      arguments: described.map(([argument, { description, required }]) => ({
        name: argument,
        description,
        required: required ?? false,
      })),
      ...given({ icons }),
    },
    completion: completionOf(name, completes, { owner, scope }),
    async run(call) {
      return resultOf(await get(call.arguments as Record<string, string>, new CallContext(call)), description)
    },
  }
}

function resultOf(value: unknown, description: string): Result {
  if (isObject(value) && Array.isArray(value.messages)) return { description, ...value }
  return { description, messages: Array.isArray(value) ? (value as Json[]) : [messageOf(value)] }
}

const messageOf = (value: unknown): Json => ({
  role: 'user',
  content: { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) },
})
