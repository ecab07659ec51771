/** Notices that files have changed, in whichever way: written over, renamed into place, or behind a link that points elsewhere now. */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { reasonOf } from '../reason.ts'

export interface WatchOptions {
  /** Milliseconds without a change after which one is told: a certificate and its key seldom change in the same instant. */
  readonly settle?: number
  /**
   * Milliseconds after which is looked anyhow. Network disks tell of nothing, and neither does a folder of which only the link to it has
   * changed.
   */
  readonly every?: number
  /** Told where a folder cannot be watched: only the look every so often is left then. */
  readonly failed: (directory: string, reason: string) => void
}

/**
 * @param look is called after a change, and every so often without one; never twice at a time
 * @returns stops it, and settles when no look runs any more
 */
export function watchFiles(
  files: readonly string[],
  look: () => Promise<void>,
  { settle = 300, every = 60_000, failed }: WatchOptions,
): () => Promise<void> {
  let settling: NodeJS.Timeout | undefined
  let looking = Promise.resolve()
  const lookNext = () => {
    looking = looking.then(look)
  }
  const changed = () => {
    clearTimeout(settling)
    settling = setTimeout(lookNext, settle)
  }
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((directory) => watched(directory))

  // The folder and not the file: who watches a file that is replaced goes on watching the old one.
  function watched(directory: string): FSWatcher[] {
    try {
      const watcher = watch(directory, { persistent: false }, changed)
      return [watcher.on('error', (error) => failed(directory, reasonOf(error)))]
    } catch (error) {
      failed(directory, reasonOf(error))
      return []
    }
  }

  const timer = setInterval(lookNext, every)
  timer.unref()
  return async function stop() {
    for (const watcher of watchers) watcher.close()
    clearTimeout(settling)
    clearInterval(timer)
    await looking
  }
}
