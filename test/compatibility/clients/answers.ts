/** What every client answers when the server asks: for a person, for a model, for folders. */

export const roots = [{ uri: 'file:///home/ada/project', name: 'project' }]

interface Form {
  readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>>
  readonly required?: readonly string[]
}

/** The person declines when the message says so; otherwise every required field is filled in, a choice with its last value. */
export function elicited({ message, requestedSchema }: { message: string; requestedSchema?: unknown }) {
  if (message.includes('decline')) return { action: 'decline' as const }
  const { properties, required = [] } = requestedSchema as Form
  const content = Object.fromEntries(required.map((name) => [name, properties[name]?.enum?.at(-1) ?? 'Ada']))
  return { action: 'accept' as const, content }
}

/** The model repeats what it was asked last. */
export function sampled({ messages }: { messages: readonly { content: unknown }[] }) {
  const { text } = [messages.at(-1)?.content].flat()[0] as { text?: string }
  return { role: 'assistant' as const, model: 'parrot', content: { type: 'text' as const, text: `you asked: ${text}` } }
}
