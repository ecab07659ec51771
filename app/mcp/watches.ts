/** The resources that one client wants to hear about. */
import type { Who } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { tooManyAtOnce } from '../limited.ts'

/** Resources that one client may watch. */
const most = 1_000

export interface Watches {
  /** Begins to watch; once is enough. Throws a Failure for what the caller may not read, or what is not there. */
  add(uri: string): Promise<void>
  remove(uri: string): void
  clear(): void
}

/** @param changed told the URI of every resource that changed */
export function createWatches(
  catalog: Catalog,
  who: Who & { readonly session?: string },
  changed: (uri: string) => void,
): Watches {
  const watched = new Map<string, Promise<() => void>>()

  async function begin(uri: string): Promise<() => void> {
    const command = catalog.find('resource', uri, who)
    if (!command || !who.caller.scopes.includes(command.scope)) {
      const shown = uri.slice(0, 200)
      throw new Failure('unknown_resource', `unknown resource ${shown}`, { data: { uri: shown } })
    }
    return (await command.watch?.(uri, { ...who, changed: () => changed(uri) })) ?? (() => {})
  }

  function remove(uri: string): void {
    const stop = watched.get(uri)
    watched.delete(uri)
    void stop?.then(
      (stop) => stop(),
      () => {},
    )
  }

  return {
    async add(uri) {
      if (watched.has(uri)) return
      if (watched.size >= most)
        throw tooManyAtOnce(`${most} resources are watched, more one client may not: stop watching some`, most)
      const stop = begin(uri)
      watched.set(uri, stop)
      try {
        await stop
      } catch (error) {
        if (watched.get(uri) === stop) watched.delete(uri)
        throw error
      }
    },
    remove,
    clear() {
      for (const uri of [...watched.keys()]) remove(uri)
    },
  }
}
