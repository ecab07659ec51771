/** A log that keeps its lines, for tests that promise something about them. */
import type { Fields, Level, Log } from '../../app/log.ts'

export interface CollectedLine {
  level: Level
  event: string
  fields: Fields
}

export interface CollectedLog extends Log {
  lines: CollectedLine[]
  /** The lines of one event. */
  of(event: string): CollectedLine[]
}

export function collectedLog(lines: CollectedLine[] = [], carried: Fields = {}): CollectedLog {
  const at =
    (level: Level) =>
    (event: string, fields: Fields = {}) => {
      lines.push({ level, event, fields: { ...carried, ...fields } })
    }
  return {
    lines,
    of: (event) => lines.filter((line) => line.event === event),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => collectedLog(lines, { ...carried, ...fields }),
  }
}
