/** The official conformance suite as a program that is run, and what it found, scenario by scenario. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { leftOut } from '../missing.ts'
import { installPeers, node24 } from '../services/peers.ts'
import { excused } from './exceptions.ts'

const run = promisify(execFile)
/** Milliseconds for everything that one run may be asked to do; a scenario has 30 s of its own. */
const longestRun = 900_000

export type Release = 'current' | '0.1.16'
const packages: Record<Release, string> = { current: '@modelcontextprotocol/conformance', '0.1.16': 'conformance-0.1.16' }

interface Check {
  readonly id: string
  readonly description: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
}

/** What one run of the suite found. */
export interface Found {
  /**
   * What is wrong in a scenario, in sentences; none where all is well.
   * @param certain checks that the suite leaves out where it finds nothing to look at, and that must have been made
   */
  problems(scenario: string, certain?: readonly string[]): string[]
}

export interface Suite {
  /** Names of scenarios, as its `list` says them. @param args such as `--server --spec-version 2025-06-18` */
  list(args: readonly string[]): Promise<string[]>
  /** What a revision asks of servers or clients and counts. */
  scored(revision: string, leg: 'server' | 'client'): Promise<string[]>
  /** Runs `server` or `client` with these arguments. */
  run(args: readonly string[]): Promise<Found>
}

/** The suite, installed where that has not been done; null, said loudly, where it cannot be had. @throws instead, with CI=true */
export async function openSuite(release: Release = 'current'): Promise<Suite | null> {
  try {
    const home = join(await installPeers(), 'node_modules', packages[release])
    return suiteIn(home, await node24())
  } catch (error) {
    leftOut('The conformance suite cannot be had, so NOTHING IS HELD AGAINST IT.', error)
    return null
  }
}

function suiteIn(home: string, node: string): Suite {
  const program = join(home, 'dist', 'index.js')
  return {
    async list(args) {
      const { stdout } = await run(node, [program, 'list', ...args])
      return [...stdout.matchAll(/^ {2}- (\S+)/gm)].map(([, name = '']) => name)
    },
    async scored(revision, leg) {
      const text = await readFile(join(home, 'requirements', `${revision}.yaml`), 'utf8')
      return (parse(text) as Record<typeof leg, string[]>)[leg]
    },
    async run(args) {
      const output = await mkdtemp(join(tmpdir(), 'switchyard-conformance-'))
      try {
        // A failure of the suite is no failure of its run: what it wrote down counts.
        const told = await run(node, [program, ...args, '-o', output], { timeout: longestRun, maxBuffer: 2 ** 28 }).catch(
          (error: { stdout?: string; stderr?: string }) => error,
        )
        return foundIn(await checksBelow(output), `${told.stdout ?? ''}${told.stderr ?? ''}`.trim().slice(-500))
      } finally {
        await rm(output, { recursive: true, force: true })
      }
    },
  }
}

/** Each scenario has a folder, `server-NAME-TIME` or `NAME-TIME`; those of a group (`auth/NAME`) stand in a folder of its own. */
async function checksBelow(output: string): Promise<Map<string, Check[]>> {
  const checks = new Map<string, Check[]>()
  const files = await readdir(output, { recursive: true })
  for (const file of files.filter((name) => basename(name) === 'checks.json')) {
    const scenario = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(dirname(file).split(sep).join('/'))?.[1]
    if (scenario) checks.set(scenario, JSON.parse(await readFile(join(output, file), 'utf8')))
  }
  return checks
}

const foundIn = (found: ReadonlyMap<string, readonly Check[]>, told: string): Found => ({
  problems(scenario, certain = []) {
    const checks = found.get(scenario)
    if (!checks) return [`was not run, or did not end. The suite's last words: ${told}`]
    const wrong = checks.filter(({ id, status }) => (status === 'FAILURE' || status === 'WARNING') && !excused(scenario, id))
    const succeeded = new Set(checks.filter(({ status }) => status === 'SUCCESS').map(({ id }) => id))
    const silent = succeeded.size === 0 && !excused(scenario, 'silent')
    return [
      ...wrong.map(({ id, description, errorMessage }) => `${id}: ${errorMessage ?? description}`),
      ...certain.filter((id) => !succeeded.has(id)).map((id) => `${id}: did not succeed, or was not looked at`),
      ...(silent ? ['nothing was looked at'] : []),
    ]
  },
})
