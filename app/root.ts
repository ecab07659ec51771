/** Where the package lies: drizzle/ and dist/ are found from here, run from the sources or from the bundle. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of our package.json, seen upward from this file (app/root.ts) or from the bundle (dist/main.js). */
export const packageRoot = find(dirname(fileURLToPath(import.meta.url)))

function find(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory
  const parent = dirname(directory)
  if (parent === directory) throw new Error('no package.json above the program: install the whole package, not one file of it')
  return find(parent)
}
