/** The systems whose accounts people sign in with. They are known by name from the configuration, and here once their upstream has begun. */
import type { Realm, Realms } from './words.ts'

/** @param refused told when a system does not take an account any more */
export function createRealms(names: readonly string[], refused: (name: string, username: string) => Promise<void>): Realms {
  const realms = new Map<string, Realm>()
  return {
    names,
    add: (realm) => void realms.set(realm.name, realm),
    get: (name) => realms.get(name),
    refused,
  }
}
