/** One test for each scenario of each run, so that a red one says what is wrong. A run takes long: it is made once, before its tests. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Found, Suite } from './suite.ts'
import type { Running } from './ways.ts'

export interface Run {
  readonly name: string
  /** Those that must succeed. */
  readonly scenarios: readonly string[]
  /** Checks that must have been made, by scenario: see Found. */
  readonly certain?: Readonly<Record<string, readonly string[]>>
  /** @param url of the server under test */
  go(url: string): Promise<Found>
}

/** Milliseconds: a run in which everything hangs ends by itself before that. */
const patience = 1_000_000

/** @param except checks that this way cannot pass, and need not */
export function hold(way: string, begin: () => Promise<Running>, runs: readonly Run[], except: readonly string[] = []): void {
  describe(way, () => {
    let server: Running
    beforeAll(async () => {
      server = await begin()
    })
    afterAll(() => server?.stop())
    for (const run of runs) {
      describe(run.name, () => {
        let found: Found
        beforeAll(async () => {
          found = await run.go(server.url)
        }, patience)
        test.each(run.scenarios)('%s', (scenario) => {
          const problems = found.problems(scenario, run.certain?.[scenario])
          expect(problems.filter((problem) => !except.some((check) => problem.startsWith(`${check}: `)))).toEqual([])
        })
      })
    }
  })
}

/** Everything that the suite has for a revision, and certainly what the revision counts. */
export async function revision(suite: Suite, version: string, counted: boolean): Promise<Run> {
  const listed = await suite.list(['--server', '--spec-version', version])
  const scored = counted ? await suite.scored(version, 'server') : []
  return {
    name: version,
    scenarios: [...new Set([...scored, ...listed])],
    go: (url) => suite.run(['server', '--url', url, '--suite', 'all', '--spec-version', version]),
  }
}
