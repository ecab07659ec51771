/** Builds when dist/ is missing or older than the sources, so that `npm start` always runs what is there. */
import { spawnSync } from 'node:child_process'
import { isStale } from './stamp.mjs'

if (isStale()) {
  process.stderr.write('building first: this takes some seconds, and only after a change\n')
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  process.exit(status ?? 1)
}
