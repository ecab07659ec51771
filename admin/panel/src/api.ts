/** The panel's one way to the server. All paths are relative, so that it works below any path. */
import type { Problem } from '../../wire.ts'

/** What the server said no to, in its own words. */
export class ApiError extends Error {
  readonly status: number
  readonly details: Record<string, unknown>

  constructor(status: number, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.status = status
    this.details = details
  }
}

let csrfToken = ''
/** Every request that changes something proves with this that it comes from our own page. */
export const proveWith = (token: string): void => {
  csrfToken = token
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => (await request(path, { signal })).json()

/** A list that comes in pages: the rows, and where the next page is. */
export async function getPage<T>(path: string, signal?: AbortSignal): Promise<{ rows: T[]; next: string | undefined }> {
  const response = await request(path, { signal })
  const next = /<\?([^>]*)>; rel="next"/.exec(response.headers.get('Link') ?? '')?.[1]
  return { rows: await response.json(), next }
}

export const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> => send('POST', path, body, signal)
export const patch = <T>(path: string, body: unknown): Promise<T> => send('PATCH', path, body)
export const remove = <T>(path: string): Promise<T> => send('DELETE', path)

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken }
  const response = await request(path, { method, headers, body: JSON.stringify(body), signal })
  return response.status === 204 ? (undefined as T) : response.json()
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(`api/v1/${path}`, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'The server does not answer. It may be restarting.')
  })
  if (response.ok) return response
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined
  throw new ApiError(response.status, problem?.error.message ?? `The server answered ${response.status}.`, problem?.error.details)
}
