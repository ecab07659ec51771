/** The template that embedded databases of the tests are loaded from: made once for each state of the migrations, kept between runs. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageRoot } from '../../app/root.ts'
import { runToEnd } from './programs.ts'

/** The file; making it takes some seconds and 800 MB, so it is done in a process of its own. */
export async function embeddedTemplate(): Promise<string> {
  const file = join(packageRoot, 'node_modules', '.cache', 'switchyard', `template-${state()}.tar.gz`)
  if (!existsSync(file)) {
    await runToEnd(process.execPath, ['--import', 'tsx', join(packageRoot, 'scripts', 'template.ts'), file], { cwd: packageRoot })
  }
  return file
}

/** Whatever the template depends on: the migrations, and the version of PGlite. */
function state(): string {
  const folder = join(packageRoot, 'drizzle')
  const hash = createHash('sha256').update(readFileSync(pgliteProgram()))
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folder, name)
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 16)
}

const pgliteProgram = () => createRequire(import.meta.url).resolve('@electric-sql/pglite')
