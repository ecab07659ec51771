/** Texts about all tools are long and asked for often: made once per change of the catalogue and set of scopes. */
import type { Caller, Command } from '../call.ts'
import type { Catalog } from '../catalog.ts'

/** Persons who see what nobody else sees have texts of their own. */
const mostTexts = 100

/**
 * @param closing aborts when the text is not needed any more
 * @param make the text about these tools
 */
export function textPerScopes(
  catalog: Catalog,
  closing: AbortSignal,
  make: (tools: readonly Command[]) => string,
): (caller: Caller) => string {
  const texts = new Map<string, string>()
  const stop = catalog.onChange((lists) => {
    if (lists.has('tools')) texts.clear()
  })
  closing.addEventListener('abort', stop, { once: true })
  return function textFor(caller) {
    const key = catalog.audience(caller)
    const text = texts.get(key) ?? make(catalog.list('tools', caller))
    if (texts.size >= mostTexts) texts.clear()
    texts.set(key, text)
    return text
  }
}
