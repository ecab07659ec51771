/** Tells whether dist/ was made from the sources as they are. Plain JavaScript, because it runs before anything is built. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = ['main.ts', 'app', 'admin', 'drizzle', 'scripts', 'package-lock.json']

/** Where a build leaves the hash of what it was made from. */
export const stampFile = join(root, 'dist', '.stamp')

/** A hash over the names and contents of everything that goes into a build. */
export function sourcesHash() {
  const hash = createHash('sha256')
  for (const name of sources) addTo(hash, name)
  return hash.digest('hex')
}

/** False in an installed package too, which has a build and no sources. */
export const isStale = () =>
  existsSync(join(root, 'main.ts')) && (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== sourcesHash())

function addTo(hash, name) {
  const path = join(root, name)
  if (statSync(path).isDirectory()) {
    for (const entry of readdirSync(path).sort()) addTo(hash, join(name, entry))
  } else {
    hash.update(name).update('\0').update(readFileSync(path)).update('\0')
  }
}
