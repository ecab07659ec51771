/** One logger. A line is an event with fields; it goes to stderr, because stdout is a protocol. No secret stands in one. */
import { basename, dirname } from 'node:path'
import pino from 'pino'
import { createStream } from 'rotating-file-stream'
import { redacted } from './redact.ts'
import { secrets } from './secrets.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'
export type Fields = Record<string, unknown>

export interface Log {
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
  /** A log whose every line carries these fields too. */
  with(fields: Fields): Log
}

export interface LogOptions {
  level?: Level
  /** `text` is one readable line an event, for a terminal; `json` is for everything that collects logs. */
  format?: 'text' | 'json'
  /** Also written here, always as JSON, rotated. */
  file?: string | null
  /** Bytes after which the file is rotated. */
  maxFileSize?: number
  /** How many rotated files are kept. */
  backupCount?: number
}

/** Opens the log. It is the first thing that starts and the last that stops; nothing is lost at an exit, because fd 2 is written at once. */
export function openLog({
  level = 'info',
  format = 'json',
  file = null,
  maxFileSize = 10_000_000,
  backupCount = 5,
}: LogOptions = {}): Log & {
  stop(): Promise<void>
} {
  const stderr = pino.destination({ dest: 2, sync: true })
  // A closed stderr must not end the servers: whoever read it has gone, and the log file, if any, goes on.
  stderr.on('error', () => {})
  const console = { write: (line: string) => stderr.write(format === 'text' ? readable(secrets.mask(line)) : secrets.mask(line)) }
  const rotated = file
    ? createStream(basename(file), {
        path: dirname(file),
        size: `${Math.max(1, Math.ceil(maxFileSize / 1000))}K`,
        maxFiles: backupCount,
      })
    : null
  rotated?.on('error', (error) => stderr.write(`${JSON.stringify({ level: 'error', msg: 'log file', error: error.message })}\n`))
  const copied = rotated && { write: (line: string) => rotated.write(secrets.mask(line)) }
  const streams = [{ stream: console, level }, ...(copied ? [{ stream: copied, level }] : [])]
  const base = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redacted(fields) },
      serializers: { error: errorFields },
    },
    streams.length === 1 ? console : pino.multistream(streams),
  )
  return Object.assign(wrap(base), {
    async stop() {
      if (rotated) await new Promise<void>((done) => rotated.end(done))
    },
  })
}

/** A log that says nothing, for code that runs before there is one. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent }

function wrap(logger: pino.Logger): Log {
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    with: (fields) => wrap(logger.child(redacted(fields))),
  }
}

/** An error in a log line: its text and, where it is a surprise, where it came from, with the causes below it. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = (error as { code?: unknown }).code
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack
      ?.split('\n')
      .slice(1, 12)
      .map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  }
}

const colours: Record<string, string> = { debug: '\x1b[90m', info: '\x1b[36m', warn: '\x1b[33m', error: '\x1b[31m' }

function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as { level: string; time: string; msg: string } & Fields
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`,
  )
  return `${time.slice(11, 23)} ${colours[level] ?? ''}${level.padEnd(5)}\x1b[0m ${msg}${rest.length ? ` \x1b[90m${rest.join(' ')}\x1b[0m` : ''}\n`
}
