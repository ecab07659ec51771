/** What the person on the other side is asked, and what the answer means. */
import { lacking } from '../abilities.ts'
import type { Call, Json, Question } from '../call.ts'
import { isObject } from '../is-object.ts'
import { reveal } from '../pins/invisible.ts'

/** How much of the arguments a person is shown, in characters. */
const shown = 20_000

export function questionOf({ command: { name, owner } }: Pick<Call, 'command'>, values: unknown): Question {
  const text = reveal(JSON.stringify(values, null, 2))
  const told = text.length <= shown ? text : `${text.slice(0, shown)}\n[${text.length - shown} more characters are not shown]`
  return {
    method: 'elicitation/create',
    params: {
      mode: 'form',
      message: `Run ${name} of ${owner} with these arguments?\n\n${told}`,
      requestedSchema: {
        type: 'object',
        properties: {
          approve: { type: 'boolean', title: 'Run it', description: 'I have read this and want it to run.', default: false },
        },
        required: ['approve'],
      },
    },
  }
}

export const canBeAsked = ({ client }: Pick<Call, 'client'>, question: Question): boolean =>
  client !== undefined && lacking(client.abilities, { question }) === undefined

/** Undefined where the question was closed without an answer. */
export function wordIn({ action, content }: Json): boolean | undefined {
  if (action === 'accept') return isObject(content) && content.approve === true
  return action === 'decline' ? false : undefined
}
