/** The UUID by which a proxy knows this instance again: made once, kept in the data directory. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'

const name = 'instance.uuid'
const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Never throws: where nothing can be kept, it is another one with each start, and the log says so. */
export async function instanceUuid(directory: string, log: Log): Promise<string> {
  const file = join(directory, name)
  const kept = await read(file)
  if (kept) return kept
  const made = randomUUID()
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(file, `${made}\n`, { mode: 0o600 })
  } catch (error) {
    log.warn('the UUID of this instance is not kept', { file, reason: reasonOf(error), hint: 'set proxy_registration.uuid' })
  }
  return made
}

async function read(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim()
    return shape.test(text) ? text : undefined
  } catch {
    return undefined // there is none yet; one that cannot be read cannot be written either, and that is told
  }
}
