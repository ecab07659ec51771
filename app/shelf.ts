/** Commands by list and name, where each name is one command's: what everybody sees stands on one, what one person sees on another. */
import { UriTemplate } from '@modelcontextprotocol/sdk/shared/uriTemplate.js'
import type { Command, Kind } from './call.ts'

export type ListName = 'tools' | 'resources' | 'templates' | 'prompts'
export const listNames: readonly ListName[] = ['tools', 'resources', 'templates', 'prompts']

export const isTemplate = (uri: string): boolean => uri.includes('{')

export const listOf = (command: Command): ListName => {
  if (command.kind === 'tool') return 'tools'
  if (command.kind === 'prompt') return 'prompts'
  return isTemplate(command.name) ? 'templates' : 'resources'
}

export class Shelf {
  readonly lists: Record<ListName, Map<string, Command>> = {
    tools: new Map(),
    resources: new Map(),
    templates: new Map(),
    prompts: new Map(),
  }

  /** @returns whoever has the name already; then nothing was placed */
  place(command: Command): Command | undefined {
    const list = this.lists[listOf(command)]
    const holder = list.get(command.name)
    if (!holder) list.set(command.name, command)
    return holder
  }

  /** Of a completion, the command that it completes. */
  find(kind: Kind, name: string): Command | undefined {
    const { tools, prompts, resources } = this.lists
    if (kind === 'tool') return tools.get(name)
    if (kind === 'prompt') return prompts.get(name)
    if (kind === 'completion') return this.#completed(name)
    return resources.get(name) ?? this.#template(name)
  }

  all(): Command[] {
    return listNames.flatMap((list) => [...this.lists[list].values()])
  }

  #template(uri: string): Command | undefined {
    for (const command of this.lists.templates.values()) if (fits(command, uri)) return command
    return undefined
  }

  #completed(of: string): Command | undefined {
    const { prompts, templates, resources } = this.lists
    const name = of.slice(of.indexOf(' ') + 1)
    return of.startsWith('prompt ') ? prompts.get(name) : (templates.get(name) ?? resources.get(name))
  }
}

export const completionOf = (command: Command): Command => command.completion ?? withoutProposals(command)

const templates = new WeakMap<Command, UriTemplate>()

/** Longer URIs fit no template: the library takes more than its time over them. */
const longestUri = 2_000

/** A template that is none fits nothing; the library throws then. */
function fits(command: Command, uri: string): boolean {
  if (uri.length > longestUri) return false
  try {
    const template = templates.get(command) ?? new UriTemplate(command.name)
    templates.set(command, template)
    return template.match(uri) !== null
  } catch {
    return false
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

/** Whether clients would see the same list, in the same order. */
export function sameList(before: ReadonlyMap<string, Command>, after: ReadonlyMap<string, Command>): boolean {
  if (before.size !== after.size) return false
  const others = before.values()
  for (const command of after.values()) {
    const other = others.next().value
    if (other === command) continue
    if (!other || other.owner !== command.owner || other.scope !== command.scope) return false
    if (JSON.stringify(other.definition) !== JSON.stringify(command.definition)) return false
    if (JSON.stringify(other.notes) !== JSON.stringify(command.notes)) return false
  }
  return true
}
