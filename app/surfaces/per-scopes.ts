/** Texts about all tools are long and asked for often: made once per change of the catalogue and set of scopes. */
import type { Command, Who } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import type { Kept } from './kept-text.ts'

/** Persons who see what nobody else sees have texts of their own. */
const mostTexts = 100

/**
 * @param closing aborts when the text is not needed any more
 * @param make the text about these tools; `wish` is what the request wants of it, told apart by its text
 */
export function textPerScopes(
  catalog: Catalog,
  closing: AbortSignal,
  make: (tools: readonly Command[], wish: string) => string,
): (who: Who, wish?: string) => Kept {
  const texts = new Map<string, Kept>()
  const stop = catalog.onChange((lists) => {
    if (lists.has('tools')) texts.clear()
  })
  closing.addEventListener('abort', stop, { once: true })
  return function textFor(who, wish = '') {
    const key = JSON.stringify([catalog.audience(who), wish])
    const text = texts.get(key) ?? { text: make(catalog.list('tools', who), wish) }
    if (texts.size >= mostTexts) texts.clear()
    texts.set(key, text)
    return text
  }
}
