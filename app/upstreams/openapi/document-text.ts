/** Gets the text of a service's document, and only what is new of it. */
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import { sha256 } from '../../sha256.ts'
import type { Service, ServiceAnswer } from '../http/service.ts'
import type { Caller } from './caller.ts'
import { shown } from './reading.ts'
import type { Shown } from './request.ts'

export interface DocumentText {
  readonly text: string
  /** Where it was found in the end. */
  readonly at: string
  readonly hash: string
}

export interface DocumentSource {
  /** Undefined where the server says that it is what it was. Throws Failure where there is none */
  get(signal: AbortSignal): Promise<DocumentText | undefined>
  /** Another file of the same document. Throws why there is none */
  other(at: string, signal: AbortSignal): Promise<string>
  /** Throws where it is not there any more. Does not get the text. */
  look(signal: AbortSignal): Promise<void>
}

/** Bytes of one document. */
const most = 32 * 2 ** 20

export function fromFile(name: string, file: string): DocumentSource {
  const at = pathToFileURL(file).href
  async function read(url: string): Promise<string> {
    const path = fileURLToPath(url)
    const { size } = await stat(path)
    if (size > most) throw new Error(`it has more than ${most} bytes`)
    return readFile(path, 'utf8')
  }
  const failure = (problem: unknown) =>
    new Failure('upstream_failed', `${name}: the OpenAPI document ${file} cannot be read: ${reasonOf(problem)}`)
  return {
    async get() {
      const text = await read(at).catch((problem: unknown) => {
        throw failure(problem)
      })
      return { text, at, hash: sha256(text) }
    },
    other: read,
    async look() {
      await stat(file).catch((problem: unknown) => {
        throw failure(problem)
      })
    },
  }
}

/**
 * @param caller who we are there; undefined where the document is on another server than the service, which is told nothing
 */
export function fromUrl(name: string, url: string, service: Service, caller: Caller | undefined): DocumentSource {
  let validators: Record<string, string> = {}

  async function ask(method: string, at: string, headers: Record<string, string>, signal: AbortSignal): Promise<ServiceAnswer> {
    const send = (as: Shown | undefined) => {
      const to = new URL(at)
      if (as?.query.length) to.search = [to.search.slice(1), ...as.query].filter(Boolean).join('&')
      const cookie: Record<string, string> = as?.cookies.length ? { cookie: as.cookies.join('; ') } : {}
      return service.ask({
        method,
        url: to,
        headers: { ...headers, ...cookie, ...as?.headers },
        signal,
        safe: true,
        probe: true,
        most,
        what: 'the OpenAPI document',
      })
    }
    const answer = caller ? await caller.as(signal, send) : await send(undefined)
    if (answer.status < 400) return answer
    throw new Failure(
      'upstream_failed',
      `${name}: the OpenAPI document at ${shown(at)} cannot be had: HTTP ${answer.status}${hint(answer.status)}`,
    )
  }

  const hint = (status: number) => {
    if (status === 404) return '; look at the path of its url'
    if (status !== 401 && status !== 403) return ''
    return caller
      ? '; look at its auth and headers'
      : '; what is configured goes to base_url alone, so get the document and set file in the place of url'
  }
  const accept = 'application/json, application/yaml;q=0.9, */*;q=0.5'

  return {
    async get(signal) {
      const answer = await ask('GET', url, { accept, ...validators }, signal)
      if (answer.status === 304) return undefined
      if (answer.status !== 200) {
        throw new Failure(
          'upstream_failed',
          `${name}: the OpenAPI document at ${shown(url)} cannot be had: HTTP ${answer.status}`,
        )
      }
      const text = answer.text()
      const [etag] = [answer.headers.etag].flat()
      const [modified] = [answer.headers['last-modified']].flat()
      validators = etag ? { 'if-none-match': etag } : modified ? { 'if-modified-since': modified } : {}
      return { text, at: answer.url.href, hash: sha256(text) }
    },
    async other(at, signal) {
      const answer = await ask('GET', at, { accept }, signal)
      if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`)
      return answer.text()
    },
    async look(signal) {
      // Some frameworks know no HEAD where they know GET: whoever says so is there.
      await ask('HEAD', url, { accept }, signal).catch((problem: unknown) => {
        if (!(problem instanceof Failure) || !/HTTP (404|405|501)/.test(problem.message)) throw problem
      })
    },
  }
}
