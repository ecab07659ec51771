/**
 * A process with a database, for tests that share and kill: `tsx store-process.ts DIRECTORY TEMPLATE`. It commits one row after the other until its
 * stdin ends, and prints a line of JSON for each: `{ written: id }`, `{ failed: reason }`, and `{ log: event }` for what the store says.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../app/log.ts'
import { openDatabase } from '../../app/store/database.ts'
import { openExecutions } from '../../app/store/executions.ts'
import { row } from './executions.ts'

const [dataDir = '', template] = process.argv.slice(2)
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const tell = (event: string) => void say({ log: event })
const log: Log = { debug: tell, info: tell, warn: tell, error: tell, with: () => log }

let stopping = false
process.stdin.on('end', () => (stopping = true)).resume()

const database = await openDatabase({ url: null, poolSize: 3, dataDir, template, log })
const history = openExecutions(database, log)
while (!stopping) {
  const one = row({ status: 'started', callerId: `process ${process.pid}`, at: new Date() })
  await history.begin(one).then(
    () => say({ written: one.id }),
    (error: Error) => say({ failed: error.message }),
  )
  await sleep(5)
}
await history.stop()
await database.stop()
say({ log: 'stopped' })
