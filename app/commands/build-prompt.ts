/** A prompt, as its author wrote it, becomes a command. */
import type { Command, Json, Result } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { PromptDefinition } from './command.ts'
import { completionOf } from './completion.ts'
import { check } from './content.ts'
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
  const result =
    isObject(value) && Array.isArray(value.messages) ? value : { messages: Array.isArray(value) ? value : [messageOf(value)] }
  for (const [index, message] of (result.messages as unknown[]).entries())
    check(isObject(message) ? message.content : undefined, `the content of message ${index + 1}`)
  return { description, ...result }
}

const messageOf = (value: unknown): Json => ({
  role: 'user',
  content: { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) },
})
