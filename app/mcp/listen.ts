/**
 * `subscriptions/listen` of 2026-07-28: a request that stays open and brings the notifications that it asked for, each with the id of the
 * request on it, until the client goes or the server stops.
 */
import type { Json } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { tooManyAtOnce } from '../limited.ts'
import type { Enquiry } from './enquiry.ts'
import { metaNames } from './era.ts'
import { changeFilters, changesOf } from './list-changes.ts'
import { modernText } from './results.ts'
import { takesTasks, tasksAbility } from './task-words.ts'
import { createWatches } from './watches.ts'

const most = 1_024
const mostPerCaller = 100

export interface Listeners {
  /**
   * Begins to tell. Throws a Failure for a filter that is none, and when too many listen.
   * @returns ends it: with a result where the server ends it, without a word where the client has gone
   */
  open(enquiry: Enquiry): Promise<() => void>
}

/** @param closing aborts when the server stops: every listener gets its result then */
export function createListeners(catalog: Catalog, closing: AbortSignal): Listeners {
  const open = new Map<() => void, string>()
  closing.addEventListener('abort', () => {
    for (const finish of open.keys()) finish()
  })

  return {
    async open(enquiry) {
      const wanted = filterIn(enquiry.params)
      checkTasks(enquiry)
      makeSureOfRoom(open, enquiry.caller.id)
      if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
      const tag: Json = { _meta: { [metaNames.subscription]: enquiry.id } }
      const watches = createWatches(catalog, { caller: enquiry.caller, via: enquiry.via }, (uri) =>
        enquiry.notice('notifications/resources/updated', { uri, ...tag }),
      )
      let stopListening = () => {}
      // Before anything is waited for, so that many who come at once do not all find the last place free.
      open.set(finish, enquiry.caller.id)
      const honored = await watchAll(wanted)
      if (!open.has(finish)) return leave
      enquiry.notice('notifications/subscriptions/acknowledged', { notifications: honored, ...tag })
      stopListening = catalog.onChange((lists, person) => {
        if (person !== undefined && person !== enquiry.caller.id) return
        for (const { method, filter } of changesOf(lists)) if (wanted[filter] === true) enquiry.notice(method, tag)
      })
      if (Object.keys(honored).length === 0) finish()
      return leave

      function finish(): void {
        leave()
        enquiry.answer(modernText({ ...tag }))
      }
      function leave(): void {
        open.delete(finish)
        stopListening()
        watches.clear()
      }

      /** The same filter with those of its resources that there are: the others are left out of what is acknowledged. */
      async function watchAll({ resourceSubscriptions: uris = [], ...lists }: Filter): Promise<Filter> {
        const tried = await Promise.allSettled(uris.map((uri) => watches.add(uri)))
        const watched = uris.filter((_, index) => tried[index]?.status === 'fulfilled')
        return watched.length ? { ...lists, resourceSubscriptions: watched } : lists
      }
    },
  }
}

interface Filter {
  toolsListChanged?: true
  resourcesListChanged?: true
  promptsListChanged?: true
  resourceSubscriptions?: readonly string[]
}

function filterIn({ notifications }: Json): Filter {
  if (!isObject(notifications))
    throw new Failure('invalid_params', 'params.notifications must be an object that says which notifications are wanted')
  const filter: Filter = {}
  for (const name of changeFilters) {
    const value = notifications[name]
    if (value !== undefined && typeof value !== 'boolean')
      throw new Failure('invalid_params', `params.notifications.${name} must be true or false`)
    if (value) filter[name] = true
  }
  const { resourceSubscriptions: uris } = notifications
  if (uris === undefined) return filter
  if (!Array.isArray(uris) || !uris.every((uri) => typeof uri === 'string'))
    throw new Failure('invalid_params', 'params.notifications.resourceSubscriptions must be a list of URIs')
  return uris.length ? { ...filter, resourceSubscriptions: [...new Set(uris)] } : filter
}

/** Of tasks nothing is told here, which is a server's choice; not that it refuses who did not declare them. */
function checkTasks({ params, meta }: Enquiry): void {
  const { taskIds } = params.notifications as Json
  if (taskIds === undefined || takesTasks(meta[metaNames.abilities] as Json)) return
  throw new Failure('client_lacks', 'params.notifications.taskIds is for clients that declare the extension', {
    data: { requiredCapabilities: tasksAbility },
  })
}

function makeSureOfRoom(open: ReadonlyMap<unknown, string>, callerId: string): void {
  const own = [...open.values()].filter((id) => id === callerId).length
  if (open.size < most && own < mostPerCaller) return
  const limit = own >= mostPerCaller ? mostPerCaller : most
  throw tooManyAtOnce(`${limit} subscriptions are open, more may not: end one of them first`, limit)
}
