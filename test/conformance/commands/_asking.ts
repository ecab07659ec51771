/** What is put to a client: a form with one field, something for its model, where it works. */
import type { Json, Question } from '../../../app/call.ts'

/** @param type JSON Schema's, of the one field */
export const form = (field: string, type = 'string'): Json => ({
  type: 'object',
  properties: { [field]: { type } },
  required: [field],
})

/** One user message. @param maxTokens of the answer */
export const prompt = (text: string, maxTokens: number): Json => ({
  messages: [{ role: 'user', content: { type: 'text', text } }],
  maxTokens,
})

export const askPerson = (message: string, requestedSchema: Json): Question => ({
  method: 'elicitation/create',
  params: { message, requestedSchema },
})
export const askModel = (text: string, maxTokens: number): Question => ({
  method: 'sampling/createMessage',
  params: prompt(text, maxTokens),
})
export const askRoots: Question = { method: 'roots/list', params: {} }

/** What was filled into one field of an answered form. */
export const filled = (answer: Json | undefined, field: string): string =>
  String((answer?.content as Json | undefined)?.[field] ?? 'nothing')

/** What the client's model said. */
export const said = (answer: Json | undefined): string => String((answer?.content as Json | undefined)?.text ?? 'nothing')
