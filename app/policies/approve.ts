/** Has a person's word for the calls that need one, before their command runs and on nobody's time. */
import type { Call, Policy } from '../call.ts'

export interface Approver {
  /** Undefined where no call needs one. */
  readonly needs: ((call: Pick<Call, 'command' | 'caller'>) => boolean) | undefined
  /** Settles when the call may run; throws a Failure when it may not. */
  admit(call: Call): Promise<void>
}

/** Stands after whatever adds arguments, because the word is about all of them, and before the deadline, which does not count what is waited for. */
export const approve = ({ needs, admit }: Approver): Policy => {
  if (!needs) return (next) => next
  return (next) =>
    function approved(call) {
      return next(needs(call) ? waiting(call, admit) : call)
    }
}

/**
 * The same call, with one more thing to do before its command may run. A task is kept and told of before that, so that its client need not
 * hold on to a request while people think.
 */
function waiting(call: Call, admit: Approver['admit']): Call {
  let thinking = false
  const work = async () => {
    await call.admitted?.()
    thinking = true
    try {
      await admit(call)
    } finally {
      thinking = false
    }
  }
  return Object.create(call, {
    admitted: { value: work },
    asking: { get: () => thinking || call.asking },
    // What it asks counts on the call that everybody else looks at.
    ask: { value: call.ask.bind(call) },
  }) as Call
}
