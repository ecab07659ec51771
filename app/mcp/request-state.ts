/**
 * What a client of 2026-07-28 carries from one request to the next for us (`requestState`): sealed, so that nobody reads or changes it,
 * and good for one caller, one request and some minutes only.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Caller, Json } from '../call.ts'
import { Failure } from '../errors.ts'

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

const cipher = 'aes-256-gcm'
const ivLength = 12
const tagLength = 16
/** Milliseconds that a person has to answer. */
export const timeToAnswer = 10 * 60_000

/** @param secretKey replicas that share one understand each other's states; without it, only this process understands its own */
export function createRequestStates(secretKey: string | null, now: () => number = Date.now): RequestStates {
  const secret = secretKey ?? randomBytes(32)
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'request state', 32))

  return {
    seal(content, bound) {
      const iv = randomBytes(ivLength)
      const sealing = createCipheriv(cipher, key, iv).setAAD(digest(bound))
      const text = JSON.stringify({ until: now() + timeToAnswer, content })
      const sealed = Buffer.concat([sealing.update(text), sealing.final()])
      return Buffer.concat([iv, sealing.getAuthTag(), sealed]).toString('base64url')
    },
    open(state, bound) {
      const { until, content } = unsealed(state, key, bound)
      if (until < now()) throw new Failure('invalid_params', 'params.requestState is too old: send the request again without it')
      return content
    },
  }
}

function unsealed(state: unknown, key: Buffer, bound: Bound): { until: number; content: Json } {
  if (typeof state !== 'string') throw notOurs()
  const bytes = Buffer.from(state, 'base64url')
  // Decoding passes over what is no base64url, so that a state with something appended would pass for the state itself.
  if (bytes.length <= ivLength + tagLength || bytes.toString('base64url') !== state) throw notOurs()
  try {
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
      .setAAD(digest(bound))
      .setAuthTag(bytes.subarray(ivLength, ivLength + tagLength))
    const text = Buffer.concat([opening.update(bytes.subarray(ivLength + tagLength)), opening.final()]).toString()
    return JSON.parse(text) as { until: number; content: Json }
  } catch {
    throw notOurs()
  }
}

const notOurs = () =>
  new Failure('invalid_params', 'params.requestState is not the one that belongs to this request: send it back unchanged')

/** Of who asks for what. Members count in any order: a client may build the same request anew. */
function digest({ caller, method, params }: Bound): Buffer {
  const { _meta, requestState, inputResponses, ...asked } = params
  return createHash('sha256')
    .update(JSON.stringify([caller.id, method, sorted(asked)]))
    .digest()
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const members = value as Json
  const names = Object.keys(members).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(members[name])]))
}
