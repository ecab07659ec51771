/** Where these commands keep what must outlive a reload: in files beside them, for modules start anew with every change of the folder. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that the server watches. */
export const folder = dirname(fileURLToPath(import.meta.url))

/** The file of a name. @throws when the name could lead elsewhere */
export function fileOf(name: string): string {
  if (!/^[\w-]{1,64}$/.test(name)) throw new Error(`a name has 1 to 64 letters, digits, - or _, got ${JSON.stringify(name)}`)
  mkdirSync(join(folder, 'kept'), { recursive: true })
  return join(folder, 'kept', `${name}.txt`)
}

export const keep = (name: string, text: string): void => writeFileSync(fileOf(name), text)

/** What is kept under this name; undefined where there is nothing. */
export function recall(name: string): string | undefined {
  const file = fileOf(name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
