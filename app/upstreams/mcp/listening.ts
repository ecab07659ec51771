/** Keeps one `subscriptions/listen` open at a server of 2026-07-28, and opens another when it ends or when other things are wanted. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import { createBackoff } from '../backoff.ts'
import type { Link } from './link.ts'
import { Refused } from './peer.ts'

export interface Wanted {
  readonly log: Log
  /** Whether changes of lists are wanted. */
  readonly lists: boolean
  /** Resources whose changes are wanted now. */
  uris(): readonly string[]
}

/** What comes is heard as notifications of the link. */
export function listenTo(link: Link, { log, lists, uris }: Wanted): { renew(): void; stop(): void } {
  const stopping = new AbortController()
  let round = new AbortController()
  void link.ended.then(() => stopping.abort())
  void keep()

  async function keep(): Promise<void> {
    const backoff = createBackoff()
    while (!stopping.signal.aborted) {
      round = new AbortController()
      const notifications = filterFor(link.about.capabilities, lists, uris())
      const { signal } = round
      if (Object.keys(notifications).length === 0) await aborted(AbortSignal.any([signal, stopping.signal]))
      else if ((await listen(notifications, signal)) === 'never') return
      if (!signal.aborted)
        await delay(backoff.next(), undefined, { signal: AbortSignal.any([signal, stopping.signal]) }).catch(() => {})
    }
  }

  /** Returns when it has ended, whoever ended it. */
  async function listen(notifications: Json, signal: AbortSignal): Promise<'ended' | 'never'> {
    try {
      await link.request('subscriptions/listen', { notifications }, { signal: AbortSignal.any([signal, stopping.signal]) })
    } catch (error) {
      if (signal.aborted || stopping.signal.aborted) return 'ended'
      log.debug('upstream does not tell of changes', { reason: reasonOf(error) })
      if (error instanceof Refused && error.code === -32601) return 'never'
    }
    return 'ended'
  }

  return { renew: () => round.abort(), stop: () => stopping.abort() }
}

function filterFor(capabilities: Json, lists: boolean, uris: readonly string[]): Json {
  const has = (part: string, member: string) => isObject(capabilities[part]) && (capabilities[part] as Json)[member] === true
  const filter: Json = {}
  if (lists && has('tools', 'listChanged')) filter.toolsListChanged = true
  if (lists && has('resources', 'listChanged')) filter.resourcesListChanged = true
  if (lists && has('prompts', 'listChanged')) filter.promptsListChanged = true
  if (uris.length > 0 && has('resources', 'subscribe')) filter.resourceSubscriptions = uris
  return filter
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
