/** The MCP sessions open in this process, whichever way they came in: counted, bounded, ended by time, shown in the panel. */
import type { Answers, Caller, Json, Questions, Via } from '../call.ts'
import { tooManyAtOnce } from '../limited.ts'
import type { Log } from '../log.ts'

/** What a surface keeps here for each of its sessions. */
export interface Session {
  readonly id: string
  readonly via: Via
  readonly caller: Caller
  readonly openedAt: number
  /** Touched by every message. */
  lastActiveAt: number
  /** Calls made so far. */
  calls: number
  /** `name version` of the client, once it has said so. */
  client?: string
  protocolVersion?: string
  /** True while something is open or running: such a session is not idle, however long nothing was said. */
  busy(): boolean
  /** What the client can be asked (MCP `ClientCapabilities`). */
  readonly abilities: Json
  /** Asks the client something that belongs to no request. Throws a Failure where it cannot be asked. @param taken aborts when nobody needs the answers */
  inquire(questions: Questions, taken?: AbortSignal): Promise<Answers>
  /** Says something that belongs to no request: `notifications/message` and the like. */
  notice(method: string, params: Json): void
  close(reason: string): void
}

export interface Sessions {
  /**
   * Where there are too many, of this caller or in all, that of them makes room which is not busy and was silent longest. Throws Failure
   * `limited` where all are busy.
   */
  add(session: Session): void
  remove(session: Session): void
  get(id: string): Session | undefined
  list(): readonly Session[]
  /** Called with every session that has ended. */
  onEnd(listener: (session: Session) => void): void
  /** Called when the folders of a client have changed (`notifications/roots/list_changed`). */
  onRoots(listener: (session: Session) => void): void
  rootsChanged(session: Session): void
  stop(): void
}

export interface SessionBounds {
  /** In all. */
  readonly sessions: number
  /** Of one caller that has shown a credential; a client that never ends its sessions does not lock its own key out. */
  readonly sessionsPerKey: number
  /** Seconds of silence after which a session that is not busy ends. */
  readonly sessionIdle: number
}

export function createSessions(
  log: Log,
  { sessions: most, sessionsPerKey: mostPerKey, sessionIdle: idle }: SessionBounds,
): Sessions {
  const open = new Map<string, Session>()
  const endings: ((session: Session) => void)[] = []
  const movings: ((session: Session) => void)[] = []
  const sweep = setInterval(endIdle, Math.min(30_000, Math.max(250, (idle * 1000) / 4)))
  sweep.unref()

  function endIdle(): void {
    const before = Date.now() - idle * 1000
    for (const session of open.values()) {
      if (session.lastActiveAt < before && !session.busy()) session.close(`idle for ${idle} s`)
    }
  }

  function makeRoom(sessions: Iterable<Session>): boolean {
    let oldest: Session | undefined
    for (const session of sessions) {
      if (!session.busy() && (!oldest || session.lastActiveAt < oldest.lastActiveAt)) oldest = session
    }
    oldest?.close('another session needed the place')
    return oldest !== undefined
  }

  return {
    add(session) {
      if (!manyProgramsAre(session.caller)) {
        const own = [...open.values()].filter(({ caller }) => caller.id === session.caller.id)
        if (own.length >= mostPerKey && !makeRoom(own))
          throw tooManyAtOnce(`this caller uses ${own.length} sessions, more it may not have: end one`, mostPerKey)
      }
      if (open.size >= most && !makeRoom(open.values()))
        throw tooManyAtOnce(`${open.size} sessions are in use, more this server does not take: try again later`, most)
      open.set(session.id, session)
      log.debug('session opened', { session: session.id, via: session.via, caller: session.caller.id })
    },
    remove(session) {
      if (!open.delete(session.id)) return
      log.debug('session closed', { session: session.id, via: session.via, calls: session.calls })
      for (const listener of endings) listener(session)
    },
    get: (id) => open.get(id),
    list: () => [...open.values()],
    onEnd: (listener) => void endings.push(listener),
    onRoots: (listener) => void movings.push(listener),
    rootsChanged(session) {
      for (const listener of movings) listener(session)
    },
    stop() {
      clearInterval(sweep)
    },
  }
}

/** Without a credential all programs of this machine are one caller. */
const manyProgramsAre = ({ id }: Caller): boolean => id === 'local' || id === 'stdio'
