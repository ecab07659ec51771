/** What is left out of a run is told: by a line that nobody overlooks, and in CI by a failure. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../app/root.ts'

const script = `import { leftOut } from './test/missing.ts'
leftOut('THE TESTS OF X ARE SKIPPED.', 'x is not installed')
console.log('they are left out')`

/** As in a run with this CI, in a process of its own. */
const run = (CI?: string) =>
  new Promise<{ failed: boolean; stdout: string; stderr: string }>((resolve) => {
    const { CI: _, ...env } = process.env
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    execFile(
      process.execPath,
      args,
      { cwd: packageRoot, env: CI === undefined ? env : { ...env, CI } },
      (error, stdout, stderr) => resolve({ failed: error !== null, stdout, stderr }),
    )
  })

test('by a line that nobody overlooks', async () => {
  const { failed, stdout, stderr } = await run()
  expect(failed).toBe(false)
  expect(stdout).toContain('they are left out')
  expect(stderr).toContain('\n!!! THE TESTS OF X ARE SKIPPED.\n!!! x is not installed\n')
})

test('and with CI=true by a failure', async () => {
  const { failed, stdout, stderr } = await run('true')
  expect(failed).toBe(true)
  expect(stdout).toBe('')
  expect(stderr).toContain('x is not installed')
})

test('every file that leaves a test out has this from somewhere', () => {
  const folder = join(packageRoot, 'test')
  const skips = /\.(skip|skipIf|runIf|todo)\b/
  const tells = /\bleftOut\(|\btool\(|\bopenSuite\(|\bhasFtpServer\b|\binject\(/
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('peers') && name !== 'missing.test.ts',
  )
  const skipping = files.filter((name) => skips.test(readFileSync(join(folder, name), 'utf8')))
  expect(skipping).not.toEqual([])
  expect(skipping.filter((name) => !tells.test(readFileSync(join(folder, name), 'utf8')))).toEqual([])
})
