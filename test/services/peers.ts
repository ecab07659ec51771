/** What Switchyard is held against: official clients of every age, the official suites, other gateways. A package of its own, because nobody else needs it. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { packageRoot } from '../../app/root.ts'

const run = promisify(execFile)
const home = join(packageRoot, 'test', 'peers')
const stamp = join(home, 'node_modules', '.installed')
const claim = join(home, '.installing')
/** Milliseconds; after that whoever was installing is taken to be dead. */
const longestInstall = 300_000

/**
 * Installs the peers where that has not been done for this lock file; test files that run side by side do it once.
 * @returns the folder that holds `node_modules`
 */
export async function installPeers(): Promise<string> {
  const wanted = createHash('sha256')
    .update(readFileSync(join(home, 'package-lock.json')))
    .digest('hex')
  const installed = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  while (!installed()) {
    if (await claimed()) {
      try {
        await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: home })
        writeFileSync(stamp, wanted)
      } finally {
        rmSync(claim, { recursive: true, force: true })
      }
    } else await delay(250)
  }
  return home
}

async function claimed(): Promise<boolean> {
  if (existsSync(claim) && Date.now() - statSync(claim).mtimeMs > longestInstall) rmSync(claim, { recursive: true, force: true })
  try {
    await mkdir(claim)
    return true
  } catch {
    return false
  }
}

let newer: Promise<string> | undefined

/** The path of a Node.js 24, for peers that need a newer one than the project does. */
export const node24 = (): Promise<string> =>
  (newer ??= run('npx', ['-y', 'node@24', '-p', 'process.execPath'], { cwd: packageRoot }).then(({ stdout }) => stdout.trim()))
