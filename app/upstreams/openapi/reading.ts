/** Has a document read in a thread of its own, and fetches what it refers to. */
import { Worker } from 'node:worker_threads'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import type { About, Built } from './build.ts'
import type { File, Order, Word } from './thread-orders.ts'

export interface Read extends Built {
  readonly about: About
}

/** Megabytes that reading one document may take. */
const memory = 1_024

/**
 * @param fetch gets the text of another file of the document; what it throws is the reason why there is none
 * @throws Failure `upstream_failed` for a document that cannot be used; the signal's reason
 */
export async function readDocument(order: Order, fetch: (at: string) => Promise<string>, signal: AbortSignal): Promise<Read> {
  signal.throwIfAborted()
  const worker = createWorker(order)
  const read: Read = { tools: [], resources: [], templates: [], about: undefined as unknown as About }
  const fail = (why: string, cause?: unknown) =>
    new Failure('upstream_failed', `the OpenAPI document at ${shown(order.at)}: ${why}`, { cause })
  try {
    return await new Promise<Read>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      worker.on('error', (error) => reject(fail(`it cannot be read: ${reasonOf(error)}`, error)))
      worker.on('exit', () => reject(fail('reading it ended without a word')))
      worker.on('message', (word: Word) => {
        if ('piece' in word) add(read, word.piece)
        else if ('need' in word)
          void Promise.all(word.need.map((at) => fileAt(at, fetch))).then((files) => worker.postMessage(files))
        else if ('broken' in word) reject(fail(word.broken))
        else resolve({ ...read, about: word.about })
      })
    })
  } finally {
    worker.removeAllListeners('exit')
    void worker.terminate()
  }
}

function add(read: Built, piece: Built): void {
  read.tools.push(...piece.tools)
  read.resources.push(...piece.resources)
  read.templates.push(...piece.templates)
}

async function fileAt(at: string, fetch: (at: string) => Promise<string>): Promise<File> {
  try {
    return { at, text: await fetch(at) }
  } catch (problem) {
    return { at, reason: `cannot be fetched: ${reasonOf(problem)}` }
  }
}

/** Without what may be secret in it. */
export function shown(at: string): string {
  const url = new URL(at)
  return url.protocol === 'file:' ? decodeURIComponent(url.pathname) : `${url.origin}${url.pathname}`
}

function createWorker(order: Order): Worker {
  const file = import.meta.url.endsWith('.ts') ? './thread-source.js' : './openapi-thread.js'
  return new Worker(new URL(file, import.meta.url), {
    workerData: order,
    execArgv: [],
    env: {},
    stdout: true,
    resourceLimits: { maxOldGenerationSizeMb: memory },
  })
}
