/** Which notification says that which list changed. */
import type { ListName } from '../catalog.ts'

interface Change {
  readonly method: string
  /** How a filter of `subscriptions/listen` asks for it. */
  readonly filter: 'toolsListChanged' | 'resourcesListChanged' | 'promptsListChanged'
}

const changes: readonly (Change & { readonly lists: readonly ListName[] })[] = [
  { method: 'notifications/tools/list_changed', filter: 'toolsListChanged', lists: ['tools'] },
  { method: 'notifications/resources/list_changed', filter: 'resourcesListChanged', lists: ['resources', 'templates'] },
  { method: 'notifications/prompts/list_changed', filter: 'promptsListChanged', lists: ['prompts'] },
]

export const changeFilters: readonly Change['filter'][] = changes.map(({ filter }) => filter)

/** One for each notification that these lists call for. */
export const changesOf = (lists: ReadonlySet<ListName>): readonly Change[] =>
  changes.filter((change) => change.lists.some((list) => lists.has(list)))
