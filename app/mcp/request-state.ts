/**
 * What a client of 2026-07-28 carries from one request to the next for us (`requestState`): sealed, so that nobody reads or changes it,
 * and good for one caller, one request and some minutes only.
 */
import type { Caller, Json } from '../call.ts'
import { canonicalHash } from '../canonical.ts'
import { Failure } from '../errors.ts'
import { createBox } from '../keys/box.ts'
import { randomText } from '../random-text.ts'

/** Whose state it is: the request is the method with its params, whatever changes from one round to the next left out. */
export interface Bound {
  readonly caller: Caller
  readonly method: string
  readonly params: Json
}

export interface RequestStates {
  seal(content: Json, bound: Bound): string
  /** Throws Failure `invalid_params` for what was not sealed here, for this, in time. */
  open(state: unknown, bound: Bound): Json
}

/** Milliseconds that a person has to answer. */
export const timeToAnswer = 10 * 60_000

/** @param secretKey replicas that share one understand each other's states; without it, only this process understands its own */
export function createRequestStates(secretKey: string | null, now: () => number = Date.now): RequestStates {
  const box = createBox(secretKey ?? randomText(), 'request state')
  return {
    seal: (content, bound) => box.seal(JSON.stringify({ until: now() + timeToAnswer, content }), aboutOf(bound)),
    open(state, bound) {
      const text = typeof state === 'string' ? box.open(state, aboutOf(bound)) : undefined
      if (text === undefined)
        throw new Failure(
          'invalid_params',
          'params.requestState is not the one that belongs to this request: send it back unchanged',
        )
      const { until, content } = JSON.parse(text) as { until: number; content: Json }
      if (until < now()) throw new Failure('invalid_params', 'params.requestState is too old: send the request again without it')
      return content
    },
  }
}

/** Who asks for what. Members count in any order: a client may build the same request anew. */
function aboutOf({ caller, method, params }: Bound): string {
  const { _meta, requestState, inputResponses, ...asked } = params
  return canonicalHash([caller.id, method, asked])
}
