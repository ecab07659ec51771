/**
 * Versions below which a dependency is known to have a hole: whatever the lock file installs, directly or not, must be above. The registry's
 * own audit is not asked, so that the answer is the same wherever this runs; a hole that becomes known later is a new row here.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../app/root.ts'

interface Floor {
  readonly name: string
  /** The first version without the hole, in each line of versions that may be installed. */
  readonly fixed: string
  /** Where it is described, and what it let somebody do. */
  readonly holes: string
}

const floors: readonly Floor[] = [
  {
    name: '@modelcontextprotocol/sdk',
    fixed: '1.24.0',
    holes: 'CVE-2025-66414: no protection against DNS rebinding unless asked for',
  },
  { name: '@modelcontextprotocol/sdk', fixed: '1.25.2', holes: 'CVE-2026-0621: URI templates that take exponential time' },
  { name: '@modelcontextprotocol/sdk', fixed: '1.26.0', holes: 'CVE-2026-25536: answers of one client sent to another' },
  { name: 'hono', fixed: '4.11.7', holes: 'CVE-2026-24472: private answers kept by the cache middleware' },
  { name: 'hono', fixed: '4.12.12', holes: 'CVE-2026-39409: IPv4 rules passed by mapped IPv6 addresses' },
  { name: 'hono', fixed: '4.12.18', holes: 'CVE-2026-44457: answers kept in spite of Vary' },
  { name: 'hono', fixed: '4.12.21', holes: 'CVE-2026-47673 to 47676: paths of mount(), cookies, addresses, schemes' },
  { name: '@hono/node-server', fixed: '1.19.10', holes: 'CVE-2026-29087: protected files by encoded slashes' },
  { name: '@hono/node-server', fixed: '1.19.13', holes: 'CVE-2026-39406: protected files by repeated slashes' },
  { name: 'drizzle-orm', fixed: '0.45.2', holes: 'CVE-2026-39356: SQL in identifiers' },
  { name: 'undici', fixed: '7.18.0', holes: 'CVE-2026-22036: answers compressed a thousand times over' },
  { name: 'basic-ftp', fixed: '5.3.1', holes: 'CVE-2026-44240: answers of a server without end' },
  { name: 'ws', fixed: '8.21.0', holes: 'GHSA-58qx-3vcg-4xpx: memory of the process in a message' },
  { name: 'ajv', fixed: '8.18.0', holes: 'CVE-2025-69873: patterns in data that take exponential time' },
  { name: 'jose', fixed: '4.15.5', holes: 'CVE-2024-28176: tokens compressed without bound' },
  { name: 'yaml', fixed: '2.8.3', holes: 'CVE-2026-33532: nested documents overflow the stack' },
  { name: 'fast-uri', fixed: '3.1.2', holes: 'CVE-2026-6321, CVE-2026-6322: hosts and paths read wrongly' },
  { name: 'path-to-regexp', fixed: '8.4.0', holes: 'CVE-2026-4926, CVE-2026-4923: patterns that take exponential time' },
  {
    name: 'qs',
    fixed: '6.16.0',
    holes: 'CVE-2025-15284, CVE-2026-2391, CVE-2026-82417, CVE-2026-82562: queries that take all memory',
  },
  { name: 'cookie', fixed: '0.7.0', holes: 'CVE-2024-47764: fields of other cookies in a name' },
  { name: 'cross-spawn', fixed: '7.0.5', holes: 'CVE-2024-21538: arguments that take exponential time' },
  { name: 'send', fixed: '0.19.0', holes: 'CVE-2024-43799: script in a redirect' },
  { name: 'serve-static', fixed: '1.16.0', holes: 'CVE-2024-43800: script in a redirect' },
  { name: 'express-rate-limit', fixed: '8.5.2', holes: 'GHSA-v2v4-37r5-5v8g, by ip-address' },
]

interface Lock {
  readonly packages: Record<string, { readonly version?: string; readonly link?: boolean }>
}

const read = <T>(file: string) => JSON.parse(readFileSync(join(packageRoot, file), 'utf8')) as T
const installed = Object.entries(read<Lock>('package-lock.json').packages)
  .filter(([place, { version }]) => place !== '' && version !== undefined)
  .map(([place, { version }]) => ({ name: place.slice(place.lastIndexOf('node_modules/') + 13), version: version! }))

/** Whether the first is the second or newer; pre-releases count as what they lead to. */
function isAtLeast(version: string, floor: string): boolean {
  const [have, want] = [version, floor].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number)) as [number[], number[]]
  const differs = have.findIndex((part, index) => part !== want[index])
  return differs < 0 || have[differs]! > want[differs]!
}

test.each(floors)('$name is at least $fixed ($holes)', ({ name, fixed }) => {
  const versions = installed.filter((one) => one.name === name).map(({ version }) => version)
  // A row of a package that is not installed any more is to be taken out.
  expect(versions).not.toEqual([])
  expect(versions.filter((version) => !isAtLeast(version, fixed))).toEqual([])
})

test('every dependency is fixed to one version, so that nothing newer comes in unseen', () => {
  const { dependencies, devDependencies } =
    read<Record<'dependencies' | 'devDependencies', Record<string, string>>>('package.json')
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, wanted]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted),
  )
  expect(loose).toEqual([])
})

test('versions are compared as numbers', () => {
  expect(isAtLeast('4.12.9', '4.12.12')).toBe(false)
  expect(isAtLeast('4.13.0', '4.12.12')).toBe(true)
  expect(isAtLeast('4.12.12', '4.12.12')).toBe(true)
})
