/** The systems whose accounts people sign in with. They are known by name from the configuration, and here once their upstream has begun. */
import type { Realm, Realms } from './words.ts'

export function createRealms(names: readonly string[]): Realms {
  const realms = new Map<string, Realm>()
  return {
    names,
    add: (realm) => void realms.set(realm.name, realm),
    get: (name) => realms.get(name),
  }
}
