/** What the official conformance suite says of us when somebody else answers behind us: a server of each era, asked by clients of both. */
import { describe, test } from 'vitest'
import { hold, revision } from './conformance/hold.ts'
import { openSuite } from './conformance/suite.ts'
import { overNewServer, overOldServer } from './conformance/ways.ts'

const suite = await openSuite()

if (suite) {
  const runs = [await revision(suite, '2026-07-28', true), await revision(suite, '2025-11-25', true)]
  hold('a server of the session era behind us', overOldServer, runs)
  hold('a server of 2026-07-28 behind us', overNewServer, runs)
} else {
  describe('the conformance suite', () => {
    test.skip('could not be installed: nothing is held against it', () => {})
  })
}
