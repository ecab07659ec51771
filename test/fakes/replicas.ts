/** A bus between replicas in one process: what one tells, the others hear, unless it is cut. */
import type { Json } from '../../app/call.ts'
import type { Bus } from '../../app/store/bus.ts'

export interface TestBus {
  /** For one more replica. */
  join(): Pick<Bus, 'tell' | 'hear'>
  /** Nothing is heard any more, as without Redis. */
  cut(): void
}

export function createTestBus(): TestBus {
  const listeners: { of: number; topic: string; listener: (word: Json) => void }[] = []
  let joined = 0
  let isCut = false
  return {
    join() {
      const me = ++joined
      return {
        tell(topic, word) {
          if (isCut) return
          for (const other of listeners) if (other.of !== me && other.topic === topic) other.listener(word)
        },
        hear: (topic, listener) => void listeners.push({ of: me, topic, listener }),
      }
    },
    cut() {
      isCut = true
    },
  }
}
