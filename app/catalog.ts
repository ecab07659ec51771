/** What can be called, read and prompted right now, who offers it and to whom, and a word to everybody when that changes. */
import { type Access, createAccess, everything } from './access.ts'
import type { Caller, Command, Kind, Who } from './call.ts'
import type { Log } from './log.ts'
import { scopeToLearn } from './scopes.ts'
import { completionOf, type ListName, listNames, listOf, Shelf, sameList } from './shelf.ts'

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
  /** What those owners say of whom they may see something, by owner, in the order of their ranks; without a caller, all of them. */
  instructions(who?: Who): ReadonlyMap<string, string>
  /**
   * The command behind a name; for a resource also the template that its URI fits. A completion is named by what it completes:
   * `prompt NAME` or `resource TEMPLATE`.
   * @param who asks, and is given it as they may see it, also where they lack the scope to call it, if they may call anything of the kind;
   *   without, what is offered to everybody, as it is
   */
  find(kind: Kind, name: string, who?: Who): Command | undefined
  /** What they may see, as they may see it, in a stable order. */
  list(list: ListName, who: Who): readonly Command[]
  /** Those of the same audience see the same lists: for what is made of a list and kept. */
  audience(who: Who): string
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

/** @param access what callers may see; everything without it */
export function createCatalog(log: Log, access: Access = createAccess(everything)): Catalog {
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

  function visible(list: ListName, who: Who): readonly Command[] {
    const { id, scopes } = who.caller
    const all = [...shared.lists[list].values()]
    const own = shelves.get(id)?.lists[list].values() ?? []
    for (const command of own) if (!shared.lists[list].has(command.name)) all.push(command)
    const theirs = all.filter(({ scope }) => scopes.includes(scope))
    return access.classOf(who) === '' ? theirs : theirs.flatMap((command) => access.see(command, who) ?? [])
  }

  function ownersHiddenFrom(who: Who): ReadonlySet<string> {
    const seen = new Set(listNames.flatMap((list) => visible(list, who).map(({ owner }) => owner)))
    return new Set([...offers.keys()].filter((owner) => !seen.has(owner)))
  }

  /** What completes something is for those who may have that. */
  function seen(shelf: Shelf | undefined, kind: Kind, name: string, who: Who | undefined): Command | undefined {
    const found = shelf?.find(kind, name)
    if (!found || !who) return found && (kind === 'completion' ? completionOf(found) : found)
    if (!mayLearn(found, who.caller)) return undefined
    const view = access.see(found, who, kind === 'resource' ? name : undefined)
    return view && kind === 'completion' ? completionOf(view) : view
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
    instructions(who) {
      const hidden = !who || access.classOf(who) === '' ? undefined : ownersHiddenFrom(who)
      const owners = [...offers.keys()].filter((owner) => said.has(owner) && !hidden?.has(owner))
      return new Map(owners.map((owner) => [owner, said.get(owner)!]))
    },
    find(kind, name, who) {
      // A name that is everybody's is nobody's own, also where it is hidden.
      if (shared.find(kind, name) || !who || shelves.size === 0) return seen(shared, kind, name, who)
      return seen(shelves.get(who.caller.id), kind, name, who)
    },
    list: visible,
    audience(who) {
      const { id, scopes } = who.caller
      const group = access.classOf(who)
      const own = shelves.has(id)
      // Most callers are like all others of their scopes, and every list asks.
      return own || group !== '' ? JSON.stringify([scopes, own ? id : null, group]) : scopes.join(' ')
    },
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

/** A client whose person could let it do more is told what to ask for: not where that is what it takes to learn any name. */
function mayLearn({ kind, scope }: Command, { scopes, grantable }: Caller): boolean {
  const least = scopeToLearn(kind)
  return scopes.includes(scope) || scopes.includes(least) || (scope !== least && grantable?.includes(scope) === true)
}
