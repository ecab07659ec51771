/** What the README says to type works as it stands there: the lines are taken out of it, and only ports are put in their place. */
import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { packageRoot } from '../app/root.ts'
import { secretKey } from './fakes/keys.ts'
import { launch, scratch } from './launch.ts'

vi.setConfig({ testTimeout: 120_000 })

const blocks = [...readFileSync(join(packageRoot, 'README.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(([, text = '']) =>
  text.trim(),
)

/** The one line of all blocks that begins so. */
function lineOf(beginning: RegExp): string {
  const lines = blocks.flatMap((block) => block.split('\n')).filter((line) => beginning.test(line))
  expect(lines, `the README has one line like ${beginning}`).toHaveLength(1)
  return lines[0]!
}

/** A folder in which the program lies where the README has it. */
async function checkout(): Promise<string> {
  const folder = await scratch()
  symlinkSync(join(packageRoot, 'dist'), join(folder, 'dist'))
  return folder
}

/** As somebody at a prompt does it. A program that is missing (127) is a failure like any other. */
function type(line: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
  const shell = { cwd, env: { PATH: process.env.PATH, HOME: cwd, TMPDIR: cwd, ...env } }
  return new Promise((resolve, reject) =>
    execFile('sh', ['-c', line], shell, (error, stdout, stderr) =>
      error ? reject(new Error(`${line}\n${error.message}\n${stderr}`)) : resolve(stdout),
    ),
  )
}

/** The same line for the port of this server, which tells the status after the answer. */
const at = (line: string, url: string) =>
  line.replace(/(?:http:\/\/)?(?:127\.0\.0\.1|localhost):9090/, url).replace(/^curl -s /, `curl -s -w '\\n%{http_code}' `)

/** The answer that the README shows. */
const hello = `${lineOf(/^# \{"result"/).slice(2)}\n200`

describe('the curl lines of the README', () => {
  test('without a key, on a server as it is started first', async () => {
    const folder = await checkout()
    const server = await launch()
    expect(await type(at(lineOf(/^curl -s localhost:9090\/cmd /), server.url()), folder)).toBe(hello)
  })

  test('with a key that its other line makes, on a server in the network, which refuses whoever has none', async () => {
    const folder = await checkout()
    const dataDir = join(folder, 'data')
    const env = { SECRET_KEY: secretKey, MCP_DATA_DIR: dataDir }
    const KEY = (await type(`${lineOf(/^KEY=/)}\nprintf %s "$KEY"`, folder, env)).trim()
    expect(KEY).toMatch(/^swk_\w+$/)

    const server = await launch(['--host', '0.0.0.0'], { env: { SECRET_KEY: secretKey }, dataDir })
    expect(server.url(), server.stderr()).not.toBe('')
    const line = at(lineOf(/^curl -s \S+ -H "Authorization: Bearer \$KEY" /), server.url())
    expect(await type(line, folder, { KEY })).toBe(hello)
    expect(await type(line.replace('Authorization: Bearer $KEY', 'X-API-Key: $KEY'), folder, { KEY })).toBe(hello)

    for (const without of [line.replace(/-H "[^"]*" /, ''), line.replace('$KEY', `${KEY.slice(0, -1)}_`)]) {
      const refused = await type(without, folder)
      expect(refused).toMatch(/\n401$/)
      expect(refused).toContain('unauthorized')
      expect(refused).not.toContain('hello')
    }
  })
})
