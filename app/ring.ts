/**
 * Holds what comes and goes with every call. A Map or Set in this place is made anew again and again as it fills with what has been deleted,
 * and each old table keeps alive, until the next full collection, whatever was in it.
 */
export class Ring<T> {
  private slots: (T | undefined)[] = Array.from({ length: 16 })
  private keys: number[] = Array.from({ length: 16 }, () => -1)
  private next = 0
  private held = 0

  get size(): number {
    return this.held
  }

  /** Gives the number under which it is found: larger than all before. */
  add(value: T): number {
    if (this.held * 2 >= this.slots.length) this.grow()
    // Some stay long: their slots are passed over.
    let key = this.next
    while (this.keys[key & (this.slots.length - 1)] !== -1) key++
    const slot = key & (this.slots.length - 1)
    this.slots[slot] = value
    this.keys[slot] = key
    this.next = key + 1
    this.held++
    return key
  }

  get(key: number): T | undefined {
    const slot = key & (this.slots.length - 1)
    return this.keys[slot] === key ? this.slots[slot] : undefined
  }

  /** Says whether it was there. */
  delete(key: number): boolean {
    const slot = key & (this.slots.length - 1)
    if (this.keys[slot] !== key) return false
    this.slots[slot] = undefined
    this.keys[slot] = -1
    this.held--
    return true
  }

  /** All that is held now, whatever becomes of it meanwhile; in no order. */
  values(): T[] {
    return this.held === 0 ? [] : (this.slots.filter((_, slot) => this.keys[slot] !== -1) as T[])
  }

  /** With their numbers. */
  entries(): [number, T][] {
    const entries: [number, T][] = []
    for (const [slot, key] of this.keys.entries()) if (key !== -1) entries.push([key, this.slots[slot] as T])
    return entries
  }

  private grow(): void {
    const { slots, keys } = this
    const length = slots.length * 2
    this.slots = Array.from({ length })
    this.keys = Array.from({ length }, () => -1)
    for (const [slot, key] of keys.entries()) {
      if (key === -1) continue
      this.slots[key & (length - 1)] = slots[slot]
      this.keys[key & (length - 1)] = key
    }
  }
}
