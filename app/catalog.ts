/** What can be called, read and prompted right now, who offers it, and a word to everybody when that changes. */
import { UriTemplate } from '@modelcontextprotocol/sdk/shared/uriTemplate.js'
import type { Caller, Command, Kind } from './call.ts'
import type { Log } from './log.ts'

export type ListName = 'tools' | 'resources' | 'templates' | 'prompts'
export const listNames: readonly ListName[] = ['tools', 'resources', 'templates', 'prompts']

export interface Catalog {
  /**
   * Puts everything that this owner has in place of what it had. The first offer, even an empty one, fixes the owner's rank:
   * where two owners offer one name the earlier keeps it, the other is refused and the log names both.
   * @param instructions what the owner says to models about the use of it all
   */
  offer(owner: string, commands: readonly Command[], instructions?: string): void
  withdraw(owner: string): void
  /**
   * The command behind a name; for a resource also the template that its URI fits. A completion is named by what it completes:
   * `prompt NAME` or `resource TEMPLATE`.
   */
  find(kind: Kind, name: string): Command | undefined
  /** What this caller may see, in a stable order. */
  list(list: ListName, caller: Caller): readonly Command[]
  /** Another number after every change. */
  readonly version: number
  /** Everything that is offered, whoever may see it. */
  all(): readonly Command[]
  /** What owners say to models, by their names, in the order of their ranks. */
  instructions(): ReadonlyMap<string, string>
  /** Names that an owner wanted and did not get. */
  refused(): readonly Refusal[]
  /** Called once per turn of the event loop, with the lists whose content became another. Returns how to stop listening. */
  onChange(listener: (lists: ReadonlySet<ListName>) => void): () => void
}

export interface Refusal {
  readonly list: ListName
  readonly name: string
  readonly owner: string
  readonly holder: string
}

export const isTemplate = (uri: string): boolean => uri.includes('{')

const listOf = (command: Command): ListName => {
  if (command.kind === 'tool') return 'tools'
  if (command.kind === 'prompt') return 'prompts'
  return isTemplate(command.name) ? 'templates' : 'resources'
}

export function createCatalog(log: Log): Catalog {
  const offers = new Map<string, readonly Command[]>()
  const said = new Map<string, string>()
  const listeners = new Set<(lists: ReadonlySet<ListName>) => void>()
  const templates = new WeakMap<Command, UriTemplate>()
  let held: Record<ListName, Map<string, Command>> = emptyLists()
  let refusals: Refusal[] = []
  let changed = new Set<ListName>()
  let version = 0

  function rebuild(): void {
    const before = held
    const known = new Set(refusals.map(refusalKey))
    held = emptyLists()
    refusals = []
    for (const commands of offers.values()) {
      for (const command of commands) place(command, known)
    }
    version++
    for (const list of listNames) if (!sameList(before[list], held[list])) announce(list)
  }

  function place(command: Command, known: ReadonlySet<string>): void {
    const list = listOf(command)
    const holder = held[list].get(command.name)
    if (!holder) {
      held[list].set(command.name, command)
      return
    }
    const refusal = { list, name: command.name, owner: command.owner, holder: holder.owner }
    refusals.push(refusal)
    if (!known.has(refusalKey(refusal))) log.warn('name is taken', { ...refusal, hint: 'give one of the two another prefix' })
  }

  function announce(list: ListName): void {
    if (changed.size === 0) setImmediate(tell)
    changed.add(list)
  }

  function tell(): void {
    const lists = changed
    changed = new Set()
    for (const listener of listeners) listener(lists)
  }

  function matchTemplate(uri: string): Command | undefined {
    for (const command of held.templates.values()) if (fits(command, uri)) return command
    return undefined
  }

  /** A template that is none, or a URI beyond all bounds, fits nothing; the library throws then. */
  function fits(command: Command, uri: string): boolean {
    try {
      const template = templates.get(command) ?? new UriTemplate(command.name)
      templates.set(command, template)
      return template.match(uri) !== null
    } catch {
      return false
    }
  }

  function findCompletion(of: string): Command | undefined {
    const name = of.slice(of.indexOf(' ') + 1)
    const base = of.startsWith('prompt ') ? held.prompts.get(name) : (held.templates.get(name) ?? held.resources.get(name))
    return base && (base.completion ?? withoutProposals(base))
  }

  const visible = (list: ListName, caller: Caller) =>
    [...held[list].values()].filter((command) => caller.scopes.includes(command.scope))

  return {
    offer(owner, commands, instructions) {
      offers.set(owner, commands)
      if (instructions) said.set(owner, instructions)
      else said.delete(owner)
      rebuild()
    },
    withdraw(owner) {
      said.delete(owner)
      if (offers.delete(owner)) rebuild()
    },
    find(kind, name) {
      if (kind === 'tool') return held.tools.get(name)
      if (kind === 'prompt') return held.prompts.get(name)
      if (kind === 'completion') return findCompletion(name)
      return held.resources.get(name) ?? matchTemplate(name)
    },
    list: visible,
    get version() {
      return version
    },
    all: () => listNames.flatMap((list) => [...held[list].values()]),
    instructions: () => new Map([...offers.keys()].flatMap((owner) => (said.has(owner) ? [[owner, said.get(owner)!]] : []))),
    refused: () => refusals,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Stands in for the completion of what has none: there is nothing to propose, and that is no error. */
const withoutProposals = ({ name, owner, scope }: Command): Command => ({
  kind: 'completion',
  name,
  owner,
  scope,
  definition: {},
  run: async () => ({ completion: { values: [], total: 0, hasMore: false } }),
})

const emptyLists = (): Record<ListName, Map<string, Command>> => ({
  tools: new Map(),
  resources: new Map(),
  templates: new Map(),
  prompts: new Map(),
})

const refusalKey = ({ list, name, owner, holder }: Refusal) => JSON.stringify([list, name, owner, holder])

function sameList(before: ReadonlyMap<string, Command>, after: ReadonlyMap<string, Command>): boolean {
  if (before.size !== after.size) return false
  const others = before.values()
  for (const command of after.values()) {
    const other = others.next().value
    if (other === command) continue
    if (!other || other.owner !== command.owner || other.scope !== command.scope) return false
    if (JSON.stringify(other.definition) !== JSON.stringify(command.definition)) return false
  }
  return true
}
