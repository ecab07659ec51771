/** What a client is told at the start about the use of what is behind us: each upstream's own words, under its name. */
import type { Who } from '../call.ts'
import type { Catalog } from '../catalog.ts'

/** Characters of one upstream, and of all: a model reads them before anything else, and every time. */
const mostOfOne = 4_000
const mostOfAll = 16_000

/** @returns undefined where nobody says anything */
export function instructionsOf(catalog: Pick<Catalog, 'instructions'>, who?: Who): string | undefined {
  const parts = [...catalog.instructions(who)].map(([owner, text]) => `## ${owner}\n\n${cut(text.trim(), mostOfOne)}`)
  return parts.length ? cut(parts.join('\n\n'), mostOfAll) : undefined
}

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')} [${text.length - most} more characters]`
