/** What /cmd and REST have in common: how parameters come in and how results and failures go out, in the shapes that command adapters use. */
import type { Command, Json, Result } from '../call.ts'
import { type Failure, meaningOf } from '../errors.ts'

export interface ErrorBody {
  readonly code: number
  readonly message: string
  readonly data: Json
}

export type Outcome = { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: ErrorBody }

/** Owners whose commands follow the adapter's rule for parameters that say nothing. */
const ours = new Set(['switchyard', 'commands'])
const nothings: ReadonlySet<unknown> = new Set([null, 'null', 'none', ''])

/**
 * The parameters as the command gets them. Callers of command adapters send `null`, `"null"`, `"none"` and `""` for what they leave out,
 * so for commands of ours these count as absent; `cmdname` is the exception that the adapters make. An upstream's parameters pass unchanged.
 */
export function paramsFor(command: Command | undefined, given: Json): Json {
  if (!command || !ours.has(command.owner)) return given
  return Object.fromEntries(Object.entries(given).filter(([name, value]) => name === 'cmdname' || !nothings.has(value)))
}

/** A tool's result: its structured part where the text only repeats it, otherwise all content. */
export function outcomeOf(result: Result): Outcome {
  const content = Array.isArray(result.content) ? (result.content as readonly Json[]) : []
  if (result.isError === true)
    return { success: false, error: { code: meaningOf('failed').rpc, message: textOf(content), data: { content } } }
  const { structuredContent } = result
  if (structuredContent === undefined) return { success: true, data: { content } }
  const repeated = content.length === 1 && content[0]?.type === 'text'
  return { success: true, data: repeated ? structuredContent : { content, structuredContent } }
}

/** `data.code` is the stable code of app/errors.ts, beside what the failure has to say for programs. */
export const errorBody = (failure: Failure): ErrorBody => ({
  code: meaningOf(failure.code).rpc,
  message: failure.message,
  data: { code: failure.code, ...failure.data },
})

function textOf(content: readonly Json[]): string {
  const texts = content.filter(({ type, text }) => type === 'text' && typeof text === 'string').map(({ text }) => text)
  return texts.join('\n') || 'the tool reported an error without a text'
}
