/** Tools that a person has to confirm each time: the base runs them only with `_confirmation`, which nobody but us may write. */
import type { Call, Json, Question, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'

const confirmation = '_confirmation'
const confirmed: Json = { [confirmation]: { action: 'accept', confirmed: true } }

/** How much of the arguments a person is shown, in characters. */
const shown = 20_000

/** A tool without what only we may say, in its schema. */
export function withoutConfirmation(schema: Json): Json {
  if (!isObject(schema.properties) || !(confirmation in schema.properties)) return schema
  const { [confirmation]: _, ...properties } = schema.properties
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => name !== confirmation) : undefined
  const { required: __, ...rest } = schema
  return { ...rest, properties, ...(required?.length ? { required } : {}) }
}

/** What a model has written there is its own word, not a person's. */
export function withoutForged(values: Json): Json {
  if (!(confirmation in values)) return values
  const { [confirmation]: _, ...rest } = values
  return rest
}

/**
 * Asks the person on the other side.
 * @param tool as the base calls it
 * @param values its arguments, without a confirmation
 * @returns the arguments to send, or a result that says why nothing was sent
 */
export async function withConfirmation(
  owner: string,
  tool: string,
  values: Json,
  call: Pick<Call, 'client' | 'ask'>,
): Promise<{ values: Json } | { refused: Result }> {
  const { code } = values
  if (typeof code === 'string' ? code.trim() === '' : 'code' in values || tool === 'execute_code')
    return refusal(`${tool}: code is empty: there is nothing to run`)
  if (!canBeAsked(call)) {
    return refusal(
      `${tool} needs the confirmation of a person, and this client cannot ask one: it has not declared elicitation with forms. Nothing was run.`,
    )
  }
  const answers = await call.ask({ confirm: question(owner, tool, values) })
  const { action, content } = answers.confirm ?? {}
  if (action === 'accept' && isObject(content) && content.confirmed === true) return { values: { ...values, ...confirmed } }
  return refusal(`${tool} was not confirmed by the person who was asked. Nothing was run.`)
}

const refusal = (text: string) => ({ refused: { content: [{ type: 'text', text }], isError: true } })

function canBeAsked({ client }: Pick<Call, 'client'>): boolean {
  const elicitation = client?.abilities.elicitation
  return isObject(elicitation) && (isObject(elicitation.form) || !elicitation.url)
}

function question(owner: string, tool: string, values: Json): Question {
  return {
    method: 'elicitation/create',
    params: {
      mode: 'form',
      message: `Run ${tool} in the 1C base ${owner}?\n\n${told(values)}`,
      requestedSchema: {
        type: 'object',
        properties: {
          confirmed: { type: 'boolean', title: 'Run it', description: 'I have read this and want it to run.', default: false },
        },
        required: ['confirmed'],
      },
    },
  }
}

/** Code as it is, with whatever goes with it. */
function told({ code, ...rest }: Json): string {
  const others = Object.keys(rest).length ? JSON.stringify(rest, null, 2) : ''
  const text = [typeof code === 'string' ? code : '', others].filter(Boolean).join('\n\n')
  return text.length <= shown ? text : `${text.slice(0, shown)}\n[${text.length - shown} more characters are not shown]`
}
