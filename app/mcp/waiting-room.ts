/** Calls that wait for a client of 2026-07-28 to come back with answers: found by id and caller, bounded, ended with the server. */
import type { Caller } from '../call.ts'
import { Failure } from '../errors.ts'
import { tooManyAtOnce } from '../limited.ts'
import type { Visit, WaitingRoom } from './visit.ts'

const most = 1_000
const mostPerCaller = 100

export interface Visits extends WaitingRoom {
  /** That of this id, if it is this caller's: somebody else's does not exist for them. */
  find(id: unknown, caller: Caller): Visit | undefined
}

/** @param closing aborts when nobody can come back any more */
export function createWaitingRoom(closing: AbortSignal): Visits {
  const visits = new Map<string, Visit>()
  closing.addEventListener('abort', () => {
    for (const visit of visits.values()) visit.give(new Failure('unavailable', 'the server is stopping'))
  })
  return {
    enter(visit) {
      if (visits.has(visit.id)) return
      if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
      const own = [...visits.values()].filter(({ callerId }) => callerId === visit.callerId).length
      if (visits.size >= most || own >= mostPerCaller) {
        const limit = own >= mostPerCaller ? mostPerCaller : most
        throw tooManyAtOnce(`${limit} calls wait for answers of clients, more may not: answer those first`, limit)
      }
      visits.set(visit.id, visit)
    },
    leave(visit) {
      visits.delete(visit.id)
    },
    find(id, caller) {
      const visit = visits.get(String(id))
      return visit?.callerId === caller.id ? visit : undefined
    },
  }
}
