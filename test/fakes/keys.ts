/** API keys on a real database, with a clock that only moves when told to. */
import { createKeys, type Keys } from '../../app/keys.ts'
import { silent } from '../../app/log.ts'
import type { Database } from '../../app/store/database.ts'
import { createKeyStore } from '../../app/store/keys.ts'

export const secretKey = 'vK3n9ZcX8fQ2mB7tR5wY1pL6sD4hJ0gATq5Xw8Kd2Nf7'

export interface TestKeys extends Keys {
  /** Moves the clock, in milliseconds. */
  later(ms: number): void
  /** How often the database was asked for a key. */
  asked(): number
}

/** Another one on the same database is another replica: it has its own memory. */
export function openKeys(database: Database, secret: string | null = secretKey): TestKeys {
  const store = createKeyStore(database)
  let time = Date.now()
  let asked = 0
  const find = (id: string) => {
    asked++
    return store.find(id)
  }
  const keys = createKeys({ store: { ...store, find }, secretKey: secret, log: silent, now: () => time })
  return {
    ...keys,
    later(ms) {
      time += ms
    },
    asked: () => asked,
  }
}
