/** What a child writes to stderr goes into our log, a line an event, and never so much of it that the log drowns. */
import type { Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { createLineReader } from '../../lines.ts'
import type { Log } from '../../log.ts'
import { shortened } from '../../redact.ts'
import { secrets } from '../../secrets.ts'

const longest = 8 * 1024
const linesPerSecond = 100
const lastCount = 5

/**
 * Logs a child's stderr until it ends.
 * @param log its lines should carry the upstream's name
 * @returns the last five lines, as they stand at the moment of looking: they usually say why a child died
 */
export function logStderr(stderr: Readable, log: Log): readonly string[] {
  const lastWords: string[] = []
  let second = 0
  let logged = 0
  let dropped = 0

  function tellDropped(): void {
    if (dropped > 0) log.warn('upstream stderr: lines dropped', { dropped })
    dropped = 0
  }

  function take(text: string, fields: { bytes?: number } = {}): void {
    const line = stripVTControlCharacters(text).trimEnd()
    if (line === '') return
    lastWords.push(line)
    if (lastWords.length > lastCount) lastWords.shift()
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      logged = 0
      tellDropped()
    }
    if (logged++ < linesPerSecond) log.info('upstream stderr', { line, ...fields })
    else dropped++
  }

  /** What was cut may end in the middle of a secret. */
  const takeBeginning = (start: string, bytes: number) =>
    take(`${shortened(start, Math.max(0, start.length - secrets.longest))}...`, { bytes })

  const reader = createLineReader({ max: longest, onLine: take, onLong: takeBeginning })
  stderr.on('data', reader.push)
  stderr.on('error', (error) => log.warn('upstream stderr', { error }))
  stderr.once('close', () => {
    reader.end()
    tellDropped()
  })
  return lastWords
}
