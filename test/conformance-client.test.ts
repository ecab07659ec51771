/** What the official conformance suite says of us as a client of the servers behind us. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packageRoot } from '../app/root.ts'
import { openSuite } from './conformance/suite.ts'

const suite = await openSuite()
/** The suite puts the URL of its server behind it. */
const command = [process.execPath, '--import', 'tsx', join(packageRoot, 'test', 'conformance', 'client.ts')].join(' ')
/** Milliseconds: a Switchyard is started for each scenario, and the suite gives it up after 30 s. */
const patience = 60_000
/** Not counted, because they came after the revisions. */
const later = ['json-schema-2020-12-preservation']

if (suite) {
  for (const version of ['2026-07-28', '2025-11-25']) {
    const scored = await suite.scored(version, 'client')
    describe(version, () => {
      test.each([...scored, ...later])(
        '%s',
        async (scenario) => {
          const found = await suite.run(['client', '--command', command, '--scenario', scenario, '--spec-version', version])
          expect(found.problems(scenario)).toEqual([])
        },
        patience,
      )
    })
  }
} else {
  describe('the conformance suite', () => {
    test.skip('could not be installed: nothing is held against it', () => {})
  })
}
