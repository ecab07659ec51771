/** What the official conformance suite says of us when somebody else answers behind us: a server of each era, asked by clients of both. */
import { describe, test } from 'vitest'
import { hold, type Run, revision } from './conformance/hold.ts'
import { openSuite } from './conformance/suite.ts'
import { newServerAlone, overNewServer, overOldServer } from './conformance/ways.ts'

/**
 * Each client has a process of the server for itself there, and the fixture changes the lists of the one process in which its tool was
 * called. The suite asks for that with a warning (SHOULD), and what we list is what the server lists to everybody. One more check waits 0.6 s
 * for an answer, in which a new process has to begin: on a busy machine it does not.
 */
const ownProcess = [
  'sep-2575-http-server-no-independent-requests-on-stream',
  'sep-2575-server-sends-prompts-list-changed-on-subscription',
  'sep-2575-server-sends-tools-list-changed-on-subscription',
]

const suite = await openSuite()

if (suite) {
  const modern = await revision(suite, '2026-07-28', true)
  const older = withoutPolling(await revision(suite, '2025-11-25', true))
  hold('the server of 2026-07-28 without us', newServerAlone, [modern])
  hold('a server of the session era behind us', overOldServer, [modern, older], ownProcess)
  hold('a server of 2026-07-28 behind us', overNewServer, [modern, older])
} else {
  describe('the conformance suite', () => {
    test.skip('could not be installed: nothing is held against it', () => {})
  })
}

/** Only who holds a connection can let it go: a server behind us cannot ask that of ours, and the suite would find nothing to look at. */
function withoutPolling(run: Run): Run {
  return { ...run, scenarios: run.scenarios.filter((scenario) => scenario !== 'server-sse-polling') }
}
