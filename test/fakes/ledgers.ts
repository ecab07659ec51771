/** Ledgers without a database: one in memory, one in a file that outlives the process. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Ledger, LedgerEntry } from '../../app/upstreams/child/ledger.ts'

type Row = { id: string } & LedgerEntry

/** Whatever stands in it counts as left behind. */
export function memoryLedger(): Ledger & { rows: Map<string, Row> } {
  const rows = new Map<string, Row>()
  return {
    rows,
    async add(entry) {
      const id = randomUUID()
      rows.set(id, { id, ...entry })
      return id
    },
    async remove(id) {
      rows.delete(id)
    },
    orphans: async () => [...rows.values()],
  }
}

export function fileLedger(file: string): Ledger {
  const read = (): Row[] => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [])
  const write = (rows: Row[]) => writeFileSync(file, JSON.stringify(rows))
  return {
    async add(entry) {
      const id = randomUUID()
      write([...read(), { id, ...entry }])
      return id
    },
    remove: async (id) => write(read().filter((row) => row.id !== id)),
    orphans: async () => read(),
  }
}
