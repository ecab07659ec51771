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
  /** The first version without the hole in the line of versions that is installed here: an older line may have been mended elsewhere. */
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
  {
    name: '@modelcontextprotocol/sdk',
    fixed: '1.31.0',
    holes: 'GHSA-6qxp-vccf-f47h, CVE-2026-104850: credentials of OAuth sent to whom the MCP server names',
  },
  { name: '@modelcontextprotocol/client', fixed: '2.2.0', holes: 'GHSA-6qxp-vccf-f47h, CVE-2026-104850: the same in its line' },
  { name: 'hono', fixed: '4.11.7', holes: 'CVE-2026-24472: private answers kept by the cache middleware' },
  { name: 'hono', fixed: '4.12.12', holes: 'CVE-2026-39409: IPv4 rules passed by mapped IPv6 addresses' },
  { name: 'hono', fixed: '4.12.18', holes: 'CVE-2026-44457: answers kept in spite of Vary' },
  { name: 'hono', fixed: '4.12.21', holes: 'CVE-2026-47673 to 47676: paths of mount(), cookies, addresses, schemes' },
  { name: 'hono', fixed: '4.12.25', holes: 'GHSA-88fw-hqm2-52qc, CVE-2026-54290: any origin reflected, with credentials' },
  { name: 'hono', fixed: '4.12.34', holes: 'GHSA-8j4g-w8fx-2239, CVE-2026-69207: CORS headers that take quadratic time' },
  {
    name: 'hono',
    fixed: '4.13.5',
    holes: 'GHSA-crvj-82cr-hjcx, GHSA-g6gw-c38x-mqfc: queries behind a fragment, bodies nested without bound',
  },
  { name: '@hono/node-server', fixed: '1.19.10', holes: 'CVE-2026-29087: protected files by encoded slashes' },
  { name: '@hono/node-server', fixed: '1.19.13', holes: 'CVE-2026-39406: protected files by repeated slashes' },
  { name: '@hono/node-server', fixed: '2.0.5', holes: 'GHSA-frvp-7c67-39w9: files by encoded backslashes, on Windows' },
  { name: 'drizzle-orm', fixed: '0.45.2', holes: 'CVE-2026-39356: SQL in identifiers' },
  // Line 8 needs a newer Node than 20; there it is 8.10.2 that has all of these.
  {
    name: 'undici',
    fixed: '7.29.0',
    holes:
      'GHSA-4cwx-7wf7-3272, CVE-2026-13697: private answers kept in a shared cache; and GHSA-8xcm-r25x-g524, GHSA-m8rv-5g2x-5cg5, GHSA-jr45-8vmc-qm54, GHSA-v3r7-h72x-cjcm',
  },
  {
    name: 'undici',
    fixed: '7.29.1',
    holes:
      'GHSA-3wwx-pv8p-q78v, GHSA-w293-vg96-wgc3, GHSA-3xpg-4rpp-hhhm and seven more: TLS of pools, answers decompressed without bound, processes ended by a WebSocket',
  },
  { name: 'basic-ftp', fixed: '5.3.1', holes: 'CVE-2026-44240: answers of a server without end' },
  { name: 'ws', fixed: '8.21.0', holes: 'GHSA-58qx-3vcg-4xpx: memory of the process in a message' },
  { name: 'ajv', fixed: '8.18.0', holes: 'CVE-2025-69873: patterns in data that take exponential time' },
  { name: 'jose', fixed: '4.15.5', holes: 'CVE-2024-28176: tokens compressed without bound' },
  { name: 'yaml', fixed: '2.8.3', holes: 'CVE-2026-33532: nested documents overflow the stack' },
  {
    name: 'fast-uri',
    fixed: '3.1.8',
    holes: 'CVE-2026-6321, CVE-2026-6322 up to GHSA-hrr3-gc8f-f4qj, GHSA-qw65-cvwx-89v3: hosts, ports and paths read wrongly',
  },
  { name: 'path-to-regexp', fixed: '8.4.0', holes: 'CVE-2026-4926, CVE-2026-4923: patterns that take exponential time' },
  {
    name: 'qs',
    fixed: '6.16.0',
    holes: 'CVE-2025-15284, CVE-2026-2391, CVE-2026-82417, CVE-2026-82562: queries that take all memory',
  },
  { name: 'cookie', fixed: '0.7.0', holes: 'CVE-2024-47764: fields of other cookies in a name' },
  { name: 'cross-spawn', fixed: '7.0.5', holes: 'CVE-2024-21538: arguments that take exponential time' },
  { name: 'send', fixed: '0.19.0', holes: 'CVE-2024-43799: script in a redirect' },
  { name: 'serve-static', fixed: '2.1.0', holes: 'CVE-2024-43800: script in a redirect' },
  { name: 'express-rate-limit', fixed: '8.5.2', holes: 'GHSA-v2v4-37r5-5v8g, by ip-address' },
  {
    name: 'ip-address',
    fixed: '10.7.1',
    holes:
      'GHSA-rpw4-54j3-4h4q, GHSA-2vr4-cq9g-pvrc, GHSA-j6r3-76f7-8jcv, GHSA-h3mg-xc3c-68pw: networks taken for others, texts that take all memory',
  },
  { name: 'proxy-addr', fixed: '2.0.8', holes: 'GHSA-jqcg-44mw-7w3h, CVE-2026-90711: any address behind a mapped IPv6 one' },
  { name: 'brace-expansion', fixed: '5.0.12', holes: 'GHSA-q2hr-2g5m-vwhr, GHSA-qhr7-859c-m2p7: patterns without bound' },
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
