/** Starting, stopping and telling how it goes: whoever opens something returns how to close it, and the stop order is the start order backwards. */
import type { Log } from './log.ts'

/** How a part is doing. `degraded` works with something missing, `down` does not work. */
export interface Health {
  status: 'ok' | 'degraded' | 'down'
  /** One short sentence for a person; never a secret. */
  detail?: string
  [field: string]: unknown
}

/** What a part gives back when it was opened. All members are optional: what needs no stopping has no stop. */
export interface Service {
  /** Releases everything that the opening function took. Called once, also after a start that failed further on. */
  stop?(): Promise<void> | void
  /** Looks at the part now, for health; must answer or throw within its own bound. */
  check?(): Promise<Health> | Health
  /** Settles when the part has ended by itself (the end of stdin): the whole process then stops. A rejection is a failure. */
  ended?: Promise<void>
}

export interface Life {
  /** Opens a part. After a stop has begun it is closed again at once, and the start ends with an error. */
  start<T extends Service>(name: string, open: () => Promise<T> | T): Promise<T>
  /** Aborts when a stop begins: readiness says no from here on, ports close soon. */
  readonly stopping: AbortSignal
  /** Aborts when the time for draining is over: whoever still works is cut off. */
  readonly hurry: AbortSignal
  /**
   * Stops everything in reverse, what is just being opened first; at most `drain` ms of it waiting for answers. Later calls give the same
   * promise. Never throws: errors are logged.
   */
  stop(reason: string): Promise<void>
  /** Every part that can be looked at, by name, in the order of start. */
  checks(): Map<string, () => Promise<Health> | Health>
  /** Settles when a part ended by itself; the reason for the log. */
  readonly ended: Promise<string>
}

/** How long answers in flight may take after a stop began, and when the process ends whatever happens (docker stop gives 10 s). */
export const drainTime = 8_000
export const hardExit = 9_000

/** A start that was overtaken by a stop. */
export class Stopped extends Error {}

export function createLife(log: Log, { drain = drainTime }: { drain?: number } = {}): Life {
  const running: { name: string; service: Service }[] = []
  /** Each settles when its part is open, or was stopped again. */
  const opening = new Set<Promise<unknown>>()
  const stopping = new AbortController()
  const hurry = new AbortController()
  let stopped: Promise<void> | undefined
  let end!: (reason: string) => void
  let fail!: (error: unknown) => void
  const ended = new Promise<string>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  ended.catch(() => {}) // whoever waits for it handles it; nobody waits in a test that stops by itself

  async function stopOne({ name, service }: { name: string; service: Service }): Promise<void> {
    try {
      await service.stop?.()
      log.debug('stopped', { service: name })
    } catch (error) {
      log.error('stop failed', { service: name, error })
    }
  }

  async function stopAll(reason: string): Promise<void> {
    const began = Date.now()
    log.info('stopping', { reason })
    stopping.abort(reason)
    const timer = setTimeout(() => {
      log.warn('drain time is over: what still runs is cut off', { ms: drain })
      hurry.abort(new Error('the server is stopping'))
    }, drain)
    // Below a part that opens late nothing may be taken away.
    await Promise.race([Promise.allSettled(opening), aborted(hurry.signal)])
    for (let part = running.pop(); part; part = running.pop()) await stopOne(part)
    clearTimeout(timer)
    log.info('stopped', { ms: Date.now() - began })
  }

  async function open<T extends Service>(name: string, opener: () => Promise<T> | T): Promise<T> {
    if (stopping.signal.aborted) throw new Stopped(`${name} was not started: the process is stopping`)
    const began = Date.now()
    const service = await opener()
    if (stopping.signal.aborted) {
      await stopOne({ name, service })
      throw new Stopped(`${name} was stopped again: the process is stopping`)
    }
    running.push({ name, service })
    service.ended?.then(() => end(`${name} ended`), fail)
    log.debug('started', { service: name, ms: Date.now() - began })
    return service
  }

  return {
    stopping: stopping.signal,
    hurry: hurry.signal,
    ended,
    async start(name, opener) {
      const opened = open(name, opener)
      opening.add(opened)
      try {
        return await opened
      } finally {
        opening.delete(opened)
      }
    },
    stop(reason) {
      stopped ??= stopAll(reason)
      return stopped
    },
    checks: () =>
      new Map(running.filter(({ service }) => service.check).map(({ name, service }) => [name, () => service.check!()])),
  }
}

/** Settles when the signal aborts, or at once where it has. */
export const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/**
 * The same signal again within this time (ms) is the same key press: under `npm start` a Ctrl-C arrives twice, from the terminal
 * and from npm.
 */
const echo = 100

const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const

/**
 * Runs a system as this process until it is asked to stop, and returns the exit code: 0 stopped as asked, 1 failed.
 * A second signal, or a stop that takes longer than `hardExit`, ends the process at once (128+n, or 1). Before this is called nothing may
 * be open: a signal then ends the process as it ends any other.
 * @param open starts everything on the given life; what it throws goes to the caller, unless a stop overtook it
 */
export async function runProcess(life: Life, log: Log, open: () => Promise<unknown>): Promise<number> {
  let code = 0
  let asked: (reason: string) => void = () => {}
  const signalled = new Promise<string>((resolve) => {
    asked = resolve
  })
  let first: string | undefined
  let echoing = true
  const onSignal = (signal: keyof typeof signals) => {
    if (first) {
      if (signal === first && echoing) return
      process.exit(128 + signals[signal])
    }
    first = signal
    // A process that was held up reads first what had come in time: timers come before it, setImmediate after it.
    setTimeout(() => setImmediate(() => (echoing = false)), echo).unref()
    asked(signal)
    void life.stop(signal)
  }
  const onStopping = () => {
    setTimeout(() => {
      log.error('stop took too long', { ms: hardExit })
      process.exit(1)
    }, hardExit).unref()
  }
  life.stopping.addEventListener('abort', onStopping)
  /** One request that failed in a way nobody thought of is no reason to end all others. */
  const onStray = (error: unknown) => log.error('unhandled rejection', { error })
  /** After this nobody knows what state things are in: what can be saved is saved. */
  const onBroken = (error: Error) => {
    log.error('uncaught exception', { error })
    code = 1
    asked('uncaught exception')
    void life.stop('uncaught exception')
  }
  const names = Object.keys(signals) as (keyof typeof signals)[]
  for (const name of names) process.on(name, onSignal)
  process.on('unhandledRejection', onStray)
  process.on('uncaughtException', onBroken)
  try {
    const opening = open()
    await Promise.race([opening, signalled, life.ended])
    await life.stop(await Promise.race([life.ended, signalled]))
    await opening
  } catch (error) {
    // What fails while everything is being taken away below it is no failure of its own.
    const overtaken = life.stopping.aborted
    await life.stop('failed')
    if (!overtaken) throw error
    if (!(error instanceof Stopped)) log.debug('start given up', { error })
  } finally {
    for (const name of names) process.off(name, onSignal)
    process.off('unhandledRejection', onStray)
    process.off('uncaughtException', onBroken)
  }
  return code
}
