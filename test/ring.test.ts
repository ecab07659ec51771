/** A table for what comes and goes is still a table. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring } from '../app/ring.ts'

test('it holds what a Map under growing numbers would hold, however things come and go', () => {
  const action = fc.oneof(fc.constant('add' as const), fc.nat({ max: 60 }))
  fc.assert(
    fc.property(fc.array(action, { maxLength: 400 }), (actions) => {
      const ring = new Ring<string>()
      const model = new Map<number, string>()
      let newest = -1
      for (const [turn, step] of actions.entries()) {
        if (step === 'add') {
          const key = ring.add(`value ${turn}`)
          expect(key).toBeGreaterThan(newest)
          newest = key
          model.set(key, `value ${turn}`)
        } else {
          const key = [...model.keys()][step % Math.max(1, model.size)] ?? step
          expect(ring.delete(key)).toBe(model.delete(key))
        }
        expect(ring.size).toBe(model.size)
      }
      for (const key of Array.from({ length: newest + 2 }, (_, number) => number)) expect(ring.get(key)).toBe(model.get(key))
      expect(new Map(ring.entries())).toEqual(model)
      expect(ring.values().sort()).toEqual([...model.values()].sort())
    }),
  )
})
