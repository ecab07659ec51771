/** Starts and ends the thread of the embedded PostgreSQL. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'
import { packageRoot } from '../root.ts'
import type { Place } from './embedded-place.ts'
import type { Orders, Word } from './embedded-worker.ts'
import { NewerDatabase } from './migrations.ts'

export interface Thread {
  /** Settles when the thread has ended, for whatever reason; the files are closed then. */
  readonly ended: Promise<unknown>
  /** Closes the files and ends the thread. */
  stop(): Promise<void>
}

/** Milliseconds for the last checkpoint; without it the next start does its work. */
const closingTime = 3_000

/**
 * Opens the files in a thread and serves them on the socket. The caller holds the claim on the directory.
 * @throws NewerDatabase for files of a newer version, Failure `unavailable` for files that cannot be opened
 */
export async function startThread({ directory, socket }: Place, template: string | undefined, log: Log): Promise<Thread> {
  const orders: Orders = { dataDir: directory, socket, template: templateFor(directory, template, log) }
  const worker = createWorker(orders)
  // PGlite writes to the console in places; stdout is a protocol of ours.
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => log.debug('embedded database says', { text: text.trim() }))
  }
  worker.on('error', (error) => log.error('embedded database failed', { error }))
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const word = await Promise.race([
    new Promise<Word>((resolve) => worker.once('message', resolve)),
    ended.then((): Word => ({ serves: false, newer: false, reason: 'its thread ended' })),
  ])
  if (!word.serves) {
    await ended
    throw word.newer
      ? new NewerDatabase('conflict', word.reason)
      : new Failure('unavailable', `the embedded database in ${directory} cannot be opened: ${word.reason}`)
  }
  log.debug('embedded database opened', { dataDir: directory })
  return {
    ended,
    async stop() {
      worker.postMessage('stop')
      const timer = setTimeout(() => {
        log.warn('embedded database not closed in time', { ms: closingTime })
        void worker.terminate()
      }, closingTime)
      await ended
      clearTimeout(timer)
    },
  }
}

/** What a first start is made from; null for initdb, which takes seconds, and where nothing has to be made. */
function templateFor(directory: string, given: string | undefined, log: Log): string | null {
  if (existsSync(join(directory, 'postgresql', 'PG_VERSION'))) return null
  const template = given ?? join(packageRoot, 'dist', 'template.tar.gz')
  if (existsSync(template)) return template
  log.info('making an empty database, which takes some seconds', { dataDir: directory })
  return null
}

function createWorker(orders: Orders): Worker {
  const file = import.meta.url.endsWith('.ts') ? './embedded-worker-source.js' : './embedded-worker.js'
  return new Worker(new URL(file, import.meta.url), { workerData: orders, stdout: true, stderr: true, execArgv: [] })
}
