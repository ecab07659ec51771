/**
 * Clients whose id is the URL of a document that describes them (OAuth Client ID Metadata Document, MCP 2025-11-25). Anybody can make us read
 * such a URL, so it is read like a stranger's: from the internet alone, without redirects, bounded in size, in time and in number.
 */
import { Agent, request } from 'undici'
import { type Allowance, ForbiddenAddress, guardedConnector } from '../addresses.ts'
import { countedAs } from '../client-address.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { tooMany } from '../limited.ts'
import type { Windows } from '../store/windows.ts'
import { type Description, descriptionIn } from './description.ts'

export interface Documents {
  /**
   * What stands in the document at this id; remembered as long as its site says, between five minutes and a day. A refusal is not remembered.
   * @param address who made us look
   * @throws Failure `failed` for a document that cannot be used, `limited`
   */
  read(id: string, address: string): Promise<Description>
  stop(): Promise<void>
}

export interface DocumentsOptions {
  readonly windows: Windows
  /** Which addresses are read, and whose certificates hold there; only tests read from their own machine. */
  readonly allow?: Allowance & { readonly ca?: string }
  /** Milliseconds, as Date.now(). */
  readonly now?: () => number
}

const mostBytes = 32 * 1024
/** Milliseconds for all of it. */
const patience = 5_000
/** Seconds that a document is remembered. */
const [shortest, longest] = [300, 86_400]
const mostRemembered = 500
const reads = { limit: 20, window: 600 }

/** Https, with a path, and nothing in it that could be written in another way. */
export function isDocumentId(id: string): boolean {
  if (!id.startsWith('https://') || id.length > 1_000 || !URL.canParse(id)) return false
  const { href, pathname, hash, username, password } = new URL(id)
  return href === id && pathname !== '/' && !hash && !username && !password
}

export function createDocuments({ windows, allow = { private: false }, now = Date.now }: DocumentsOptions): Documents {
  const dispatcher = new Agent({ connect: guardedConnector(allow, allow.ca === undefined ? {} : { ca: allow.ca }) })
  const remembered = new Map<string, { description: Description; until: number }>()
  const reading = new Map<string, Promise<Description>>()

  async function fetchIt(id: string): Promise<Description> {
    const { description, seconds } = await load(id, dispatcher)
    remembered.delete(id)
    if (remembered.size >= mostRemembered) remembered.delete(remembered.keys().next().value!)
    remembered.set(id, { description, until: now() + seconds * 1000 })
    return description
  }

  return {
    async read(id, address) {
      const known = remembered.get(id)
      if (known && known.until > now()) return known.description
      const { allowed, retryAfter } = await windows.take(`client-documents:${countedAs(address)}`, reads.limit, reads.window)
      if (!allowed) throw tooMany('programs to be read about', reads.limit, reads.window, retryAfter)
      const under = reading.get(id) ?? fetchIt(id).finally(() => reading.delete(id))
      reading.set(id, under)
      return under
    },
    stop: () => dispatcher.destroy(),
  }
}

async function load(id: string, dispatcher: Agent): Promise<{ description: Description; seconds: number }> {
  const unusable = (why: string, cause?: unknown) =>
    new Failure('failed', `the description of this program, ${id}, ${why}`, { cause })
  try {
    const signal = AbortSignal.timeout(patience)
    const { statusCode, headers, body } = await request(id, { dispatcher, signal, headers: { accept: 'application/json' } })
    // Whoever reads it hears what is wrong with it; one that nobody reads must not end the process.
    body.on('error', () => {})
    if (statusCode !== 200 || !/^application\/([\w.-]+\+)?json\b/i.test(String(headers['content-type']))) {
      body.destroy()
      throw unusable(`must be there as JSON, and comes with status ${statusCode} as ${headers['content-type'] ?? 'nothing'}`)
    }
    const said: unknown = JSON.parse(await textOf(body))
    if (!isObject(said) || said.client_id !== id) throw unusable('must name the same URL as its client_id')
    return { description: descriptionIn(said), seconds: lifeOf(String(headers['cache-control'] ?? '')) }
  } catch (error) {
    if (error instanceof Failure) throw error.code === 'failed' ? error : unusable(`is wrong: ${error.message}`)
    throw unusable(reasonOf(error), error)
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > mostBytes) throw new RangeError()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What came of it, to stand after "the description". Of the network behind us nothing is told. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return `is larger than ${mostBytes} bytes`
  if (error instanceof SyntaxError) return 'is no JSON'
  if (error instanceof ForbiddenAddress) return 'is not on the internet'
  if (error instanceof Error && error.name === 'TimeoutError') return `did not come within ${patience / 1000} s`
  return 'could not be read'
}

function lifeOf(cacheControl: string): number {
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return shortest
  const age = Number(/\bmax-age=(\d+)/i.exec(cacheControl)?.[1] ?? shortest)
  return Math.min(longest, Math.max(shortest, age))
}
