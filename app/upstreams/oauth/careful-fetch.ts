/**
 * `fetch` for what a stranger's server sends us to: only over TLS, unless the server itself is spoken to without; bounded in time and in
 * size. What is refused is a TypeError, as for a network that fails: the SDK would take anything else for a server that has no such page.
 */
type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** Milliseconds for one answer, with its body. */
const patience = 15_000
/** Bytes; metadata and tokens are small. */
const most = 256 * 1024

/** @param url of the upstream, by which the others are measured */
export function carefulFetch(url: string): Fetch {
  const open = new URL(url).protocol === 'http:'
  return async function fetchCarefully(to, init = {}) {
    const { protocol, host } = new URL(to)
    if (protocol !== 'https:' && !(open && protocol === 'http:')) {
      throw new TypeError(`the sign-in leads to ${protocol}//${host}, and a server on https must not send us there`)
    }
    const response = await unlessSlow(fetch(to, { ...init, signal: AbortSignal.timeout(patience) }), host)
    return bounded(response, host)
  }
}

async function bounded(response: Response, host: string): Promise<Response> {
  const { status, headers, body } = response
  if (!body) return response
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await unlessSlow(reader.read(), host)
    if (done) break
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw new TypeError(`${host} answers with more than ${most} bytes`)
    }
    chunks.push(value)
  }
  return new Response(Buffer.concat(chunks), { status, headers })
}

async function unlessSlow<T>(work: Promise<T>, host: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new TypeError(`${host} did not answer within ${patience / 1000} s`)
    throw error
  }
}
