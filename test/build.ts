/** Some tests run the built server: it is built first where it is missing or old. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../app/root.ts'

export default function setup(): void {
  const { status } = spawnSync(process.execPath, [join(packageRoot, 'scripts', 'build-if-needed.mjs')], {
    cwd: packageRoot,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('the build failed')
}
