/** What a proxy's answer means, whichever generation it is of. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { shown } from '../shown.ts'

export interface Reply {
  readonly status: number
  readonly text: string
}

/** What became of a registration. */
export type Outcome =
  | { readonly key: string; readonly again: boolean; readonly adapterId: boolean }
  /** `uuidBelow`: the proxy did not find the UUID, so it is worth a try to give it elsewhere. */
  | { readonly refusal: string; readonly uuidBelow: boolean }

/** @param serverId stands in for a key that a proxy does not give */
export function outcomeOf({ status, text }: Reply, serverId: string): Outcome {
  const body = parsed(text)
  const held = heldKey(text, body)
  if (held !== undefined) return { key: held, again: true, adapterId: false }
  const key = isSuccess(status) && body.success !== false && body.status !== 'error' ? keyIn(body, serverId) : undefined
  if (key !== undefined) return { key, again: false, adapterId: body.adapter_id === key }
  if (isSuccess(status) && body.success !== false && body.status !== 'error') {
    return {
      refusal: `the proxy answered without server_key, registered or adapter_id: ${said(status, body, text)}`,
      uuidBelow: false,
    }
  }
  return { refusal: said(status, body, text), uuidBelow: (status === 400 || status === 422) && /uuid/i.test(text) }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

function keyIn({ server_key, registered, adapter_id }: Json, serverId: string): string | undefined {
  const named = [server_key, registered, adapter_id].find((value) => typeof value === 'string' && value !== '')
  if (typeof named === 'string') return shown(named, 200)
  return registered === true ? `${serverId}_1` : undefined
}

/** A proxy that has us already refuses in words; for us that is as good as registered. */
function heldKey(text: string, body: Json): string | undefined {
  const { error } = body
  if (isObject(error) && error.code === 'DUPLICATE_SERVER_URL' && isObject(error.details)) {
    const { existing_server_key: key } = error.details
    if (typeof key === 'string' && key !== '') return shown(key, 200)
  }
  return /already registered as ['"]?([\w.-]{1,200}?)['"]?(?=$|[^\w.-]|\.(\s|"|$))/i.exec(text)?.[1]
}

/** What became of a heartbeat. */
export type Beat = 'heard' | 'unknown' | 'nobody-there' | { readonly refusal: string }

/** @param proven whether this address has taken heartbeats before: then a 404 is about us, and not about the address */
export function beatOf({ status, text }: Reply, proven: boolean): Beat {
  const body = parsed(text)
  if (isSuccess(status)) return body.success === false || body.status === 'error' ? 'unknown' : 'heard'
  if (status === 404 && (proven || /unknown|not registered|(server|adapter|registration)\b.{0,200}not found|no such/i.test(text)))
    return 'unknown'
  if (status === 404 || status === 405 || status === 501) return 'nobody-there'
  return { refusal: said(status, body, text) }
}

/** The status and what the proxy says for itself, cut. */
function said(status: number, { error, detail, message }: Json, text: string): string {
  const words = [isObject(error) ? error.message : error, detail, message, text].find(
    (value) => value !== undefined && value !== '',
  )
  const plain = typeof words === 'string' ? words : JSON.stringify(words)
  return plain ? `HTTP ${status}: ${shown(plain, 300)}` : `HTTP ${status}`
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
