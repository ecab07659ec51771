/** Texts about all tools are long and asked for often: made once per change of the catalogue and set of scopes. */
import type { Caller, Command } from '../call.ts'
import type { Catalog } from '../catalog.ts'

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
    const key = [...caller.scopes].sort().join(' ')
    const text = texts.get(key) ?? make(catalog.list('tools', caller))
    texts.set(key, text)
    return text
  }
}
