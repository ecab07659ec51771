/** Questions to a provider: bounded in time and in size, and nowhere else than where we were told. */

import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { isSafePlace } from './place.ts'

/** Milliseconds for one answer, with its body. */
const patience = 5_000
/** Bytes; a set of keys has a few thousand. */
const most = 256 * 1024

export interface ProviderAnswer {
  readonly status: number
  readonly body: Json
}

/**
 * The JSON object that the provider answers with, whatever the status. A redirect is an answer that is none.
 * @throws Error with what is wrong, in words for the log
 */
export async function askProvider(url: string, init: RequestInit = {}): Promise<ProviderAnswer> {
  if (!isSafePlace(url)) throw new Error(`${placeOf(url)} is not spoken to over TLS`)
  const response = await fetch(url, {
    ...init,
    headers: { accept: 'application/json', ...init.headers },
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  })
  const text = await boundedText(response, url)
  try {
    const body: unknown = JSON.parse(text)
    if (isObject(body)) return { status: response.status, body }
  } catch {
    // said below
  }
  throw new Error(`${placeOf(url)} answers ${response.status} with something else than a JSON object`)
}

/** The same for what must be there. */
export async function readFromProvider(url: string): Promise<Json> {
  const { status, body } = await askProvider(url)
  if (status !== 200) throw new Error(`${placeOf(url)} answers ${status}`)
  return body
}

async function boundedText({ body }: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    // Leaving the loop cancels the rest.
    if (length > most) throw new Error(`${placeOf(url)} answers with more than ${most} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Without what stands behind a question mark. */
const placeOf = (url: string): string => url.split(/[?#]/)[0]!.slice(0, 200)
