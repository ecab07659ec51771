/** Everybody in their own name: what the base shows to each person who has signed in, and to nobody else. */
import type { Realm, Welcome } from '../../authorization/words.ts'
import type { Caller } from '../../call.ts'
import type { Catalog } from '../../catalog.ts'
import type { OnecConfig } from '../../config/upstream/onec.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Lists } from '../offer.ts'
import type { Base } from './base.ts'
import { onecCommands } from './commands.ts'
import { readLists } from './lists.ts'
import type { Who } from './who.ts'
import type { OnecWire } from './wire.ts'

export interface Persons extends Realm {
  count(): number
  stop(): void
}

export interface PersonsOptions {
  readonly config: OnecConfig
  readonly base: Base
  readonly wire: OnecWire
  readonly catalog: Catalog
  readonly log: Log
}

interface Person {
  readonly caller: Caller
  readonly who: Who
  lists: Lists
  /** When they were read; 0: never yet. */
  readAt: number
  seenAt: number
  reading?: Promise<void>
}

/** How long reading, and looking at an account, may take, in milliseconds. */
const readTime = 30_000
const lookTime = 10_000
/** Milliseconds after which somebody who does nothing is forgotten until they come again. */
const idle = 30 * 60_000
const mostPersons = 1_000

const none: Lists = { tools: [], resources: [], templates: [], prompts: [] }
const statusOf = (error: unknown): number => (error instanceof Failure ? Number(error.data?.status ?? 0) : 0)

export function createPersons({ config, base, wire, catalog, log }: PersonsOptions): Persons {
  const { name } = config
  const refreshEvery = config.refresh * 1000
  const persons = new Map<string, Person>()
  const stopping = new AbortController()
  const sweep = setInterval(forgetIdle, 60_000)
  sweep.unref()

  function forget(person: Person): void {
    if (persons.get(person.caller.id) !== person) return
    persons.delete(person.caller.id)
    catalog.withdraw(name, person.caller.id)
  }

  function forgetIdle(): void {
    for (const person of persons.values()) if (Date.now() - person.seenAt > idle) forget(person)
  }

  function begin(caller: Caller, who: Who): Person {
    const person: Person = { caller, who, lists: none, readAt: 0, seenAt: Date.now() }
    const longestIdle = [...persons.values()].reduce((a, b) => (a.seenAt <= b.seenAt ? a : b), person)
    if (persons.size >= mostPersons) forget(longestIdle)
    persons.set(caller.id, person)
    return person
  }

  async function read(person: Person): Promise<void> {
    const { caller, who } = person
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(readTime)])
    const { lists, notes } = await readLists(base, name, person.lists, { who, signal })
    if (persons.get(caller.id) !== person) return
    person.lists = lists
    person.readAt = Date.now()
    const { commands, leftOut } = onecCommands(lists, notes, { ...config, base: baseOf(person), who })
    if (leftOut.length) log.warn('left out', { person: caller.name, count: leftOut.length, first: leftOut[0] })
    catalog.offer(name, commands, caller.id)
  }

  /** Whose password the base does not take any more is nobody here, until they have signed in again. */
  const baseOf = (person: Person): Base => ({
    async ask(method, params, asking) {
      try {
        return await base.ask(method, params, asking)
      } catch (error) {
        if (statusOf(error) === 401) forget(person)
        throw error
      }
    },
  })

  function refresh(person: Person): Promise<void> {
    person.reading ??= read(person).finally(() => {
      person.reading = undefined
    })
    return person.reading
  }

  return {
    name,
    count: () => persons.size,

    async check(account): Promise<Welcome> {
      try {
        await wire.look(account, AbortSignal.timeout(lookTime))
        return 'welcome'
      } catch (error) {
        const status = statusOf(error)
        if (status === 401) return 'wrong'
        if (status === 403) return 'forbidden'
        log.warn('account not checked', { reason: reasonOf(error) })
        return error instanceof Failure && error.code === 'upstream_away' ? 'away' : 'broken'
      }
    },

    async greet(caller, account) {
      const person = persons.get(caller.id) ?? begin(caller, account())
      person.seenAt = Date.now()
      if (person.readAt > 0) {
        if (Date.now() - person.readAt < refreshEvery) return
        // What was read is good enough to go on with.
        refresh(person).catch((error: unknown) => {
          if (statusOf(error) === 401) forget(person)
          else log.warn('lists of a person not refreshed', { person: caller.name, reason: reasonOf(error) })
        })
        return
      }
      try {
        await refresh(person)
      } catch (error) {
        forget(person)
        if (statusOf(error) !== 401) throw error
        throw new Failure('unauthorized', `${name} does not take this account any more: sign in again`, { cause: error })
      }
    },

    stop() {
      clearInterval(sweep)
      stopping.abort(new Error('the server is stopping'))
    },
  }
}
