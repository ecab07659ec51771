/** How a call that is a task has ended, as it is kept. */
import type { Result } from '../call.ts'
import { toFailure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { TaskState } from '../store/tool-tasks.ts'
import { asToolResult } from './tool-error.ts'

export type Outcome = { readonly result: Result } | { readonly error: unknown }

/** Characters of a result that says isError which are shown beside the status. */
const longestMessage = 500

export function stateOf(outcome: Outcome): TaskState {
  try {
    const result = 'result' in outcome ? outcome.result : asToolResult(outcome.error)
    const isError = result.isError === true
    return {
      status: 'completed',
      result: JSON.stringify(result),
      isError,
      message: isError ? firstText(result)?.slice(0, longestMessage) : undefined,
    }
  } catch (error) {
    const { code, message, data } = toFailure(error)
    return { status: 'failed', error: { code, message, data } }
  }
}

/** What is said beside the status. */
export function messageOf(state: TaskState): string | undefined {
  if (state.status === 'completed' || state.status === 'working') return state.message
  return state.status === 'failed' ? state.error.message : undefined
}

function firstText({ content }: Result): string | undefined {
  const block = Array.isArray(content) ? content.find((one) => isObject(one) && typeof one.text === 'string') : undefined
  return block?.text
}
