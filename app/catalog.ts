/** What can be called, read and prompted right now, who offers it and to whom, and a word to everybody when that changes. */
import type { Caller, Command, Kind } from './call.ts'
import type { Log } from './log.ts'
import { type ListName, listNames, listOf, Shelf, sameList } from './shelf.ts'

export { isTemplate, type ListName, listNames } from './shelf.ts'

export interface Catalog {
  /**
   * Puts everything that this owner has in place of what it had. The first offer, even an empty one, fixes the owner's rank:
   * where two owners offer one name the earlier keeps it, the other is refused and the log names both.
   * @param person a caller's id: then nobody else sees it, and what is offered to everybody keeps its names
   */
  offer(owner: string, commands: readonly Command[], person?: string): void
  withdraw(owner: string, person?: string): void
  /** What an owner says to models about the use of what it offers; nothing takes it back. */
  instruct(owner: string, instructions: string | undefined): void
  /** All of that, by owner, in the order of their ranks. */
  instructions(): ReadonlyMap<string, string>
  /**
   * The command behind a name; for a resource also the template that its URI fits. A completion is named by what it completes:
   * `prompt NAME` or `resource TEMPLATE`.
   * @param caller who asks; without, only what is offered to everybody
   */
  find(kind: Kind, name: string, caller?: Caller): Command | undefined
  /** What this caller may see, in a stable order. */
  list(list: ListName, caller: Caller): readonly Command[]
  /** Callers of the same audience see the same lists: for what is made of a list and kept. */
  audience(caller: Caller): string
  /** Another number after every change. */
  readonly version: number
  /** Everything that is offered to everybody, whoever may see it. */
  all(): readonly Command[]
  /** Names that an owner wanted and did not get. */
  refused(): readonly Refusal[]
  /**
   * Called once per turn of the event loop, with the lists whose content became another, for everybody or for one person.
   * Returns how to stop listening.
   */
  onChange(listener: Listener): () => void
}

export type Listener = (lists: ReadonlySet<ListName>, person?: string) => void

export interface Refusal {
  readonly list: ListName
  readonly name: string
  readonly owner: string
  readonly holder: string
}

export function createCatalog(log: Log): Catalog {
  const offers = new Map<string, readonly Command[]>()
  const said = new Map<string, string>()
  const personal = new Map<string, Map<string, readonly Command[]>>()
  const shelves = new Map<string, Shelf>()
  const listeners = new Set<Listener>()
  /** Who has to be told of which lists; undefined is everybody. */
  const changed = new Map<string | undefined, Set<ListName>>()
  let shared = new Shelf()
  let refusals: Refusal[] = []
  let version = 0

  function rebuild(): void {
    const before = shared
    const known = new Set(refusals.map(refusalKey))
    shared = new Shelf()
    refusals = []
    for (const commands of offers.values()) {
      for (const command of commands) refuse(command, shared.place(command), known)
    }
    announce(before, shared, undefined)
  }

  function refuse(command: Command, holder: Command | undefined, known: ReadonlySet<string>): void {
    if (!holder) return
    const refusal = { list: listOf(command), name: command.name, owner: command.owner, holder: holder.owner }
    refusals.push(refusal)
    if (!known.has(refusalKey(refusal))) log.warn('name is taken', { ...refusal, hint: 'give one of the two another prefix' })
  }

  function rebuildFor(person: string): void {
    const before = shelves.get(person) ?? new Shelf()
    const after = new Shelf()
    for (const commands of personal.get(person)?.values() ?? []) for (const command of commands) after.place(command)
    if (personal.has(person)) shelves.set(person, after)
    else shelves.delete(person)
    announce(before, after, person)
  }

  function announce(before: Shelf, after: Shelf, person: string | undefined): void {
    version++
    for (const list of listNames) {
      if (sameList(before.lists[list], after.lists[list])) continue
      if (changed.size === 0) setImmediate(tell)
      const lists = changed.get(person) ?? new Set()
      changed.set(person, lists.add(list))
    }
  }

  function tell(): void {
    const told = [...changed]
    changed.clear()
    for (const [person, lists] of told) for (const listener of listeners) listener(lists, person)
  }

  function visible(list: ListName, { id, scopes }: Caller): readonly Command[] {
    const all = [...shared.lists[list].values()]
    const own = shelves.get(id)?.lists[list].values() ?? []
    for (const command of own) if (!shared.lists[list].has(command.name)) all.push(command)
    return all.filter(({ scope }) => scopes.includes(scope))
  }

  return {
    offer(owner, commands, person) {
      if (person === undefined) {
        offers.set(owner, commands)
        return rebuild()
      }
      const its = personal.get(person) ?? new Map<string, readonly Command[]>()
      personal.set(person, its.set(owner, commands))
      rebuildFor(person)
    },
    withdraw(owner, person) {
      if (person === undefined) {
        if (offers.delete(owner)) rebuild()
        return
      }
      const its = personal.get(person)
      if (!its?.delete(owner)) return
      if (its.size === 0) personal.delete(person)
      rebuildFor(person)
    },
    instruct(owner, instructions) {
      if (instructions) said.set(owner, instructions)
      else said.delete(owner)
    },
    instructions: () => new Map([...offers.keys()].flatMap((owner) => (said.has(owner) ? [[owner, said.get(owner)!]] : []))),
    find(kind, name, caller) {
      const found = shared.find(kind, name)
      return found || !caller || shelves.size === 0 ? found : shelves.get(caller.id)?.find(kind, name)
    },
    list: visible,
    audience: ({ id, scopes }) => (shelves.has(id) ? `${scopes.join(' ')} ${id}` : scopes.join(' ')),
    get version() {
      return version
    },
    all: () => shared.all(),
    refused: () => refusals,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const refusalKey = ({ list, name, owner, holder }: Refusal) => JSON.stringify([list, name, owner, holder])
