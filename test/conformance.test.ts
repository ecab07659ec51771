/** What the official conformance suite says of us, by ourselves: every revision, what it does not count yet too, and its release before. */
import { describe, test } from 'vitest'
import { hold, type Run, revision } from './conformance/hold.ts'
import { openSuite, type Suite } from './conformance/suite.ts'
import { direct } from './conformance/ways.ts'

const suite = await openSuite()
const before = await openSuite('0.1.16')

if (suite && before) {
  hold('a folder of commands', direct, [
    await revision(suite, '2026-07-28', true),
    {
      ...(await revision(suite, '2025-11-25', true)),
      certain: { 'server-sse-polling': ['server-sse-priming-event', 'server-sse-retry-field', 'server-sse-disconnect-resume'] },
    },
    await revision(suite, '2025-06-18', false),
    await revision(suite, '2025-03-26', false),
    await tasks(suite),
    await asBefore(before),
  ])
} else {
  describe('the conformance suite', () => {
    test.skip('could not be installed: nothing is held against it', () => {})
  })
}

/** They belong to an extension, which the suite keeps among what is pending. */
async function tasks(suite: Suite): Promise<Run> {
  const listed = await suite.list(['--server'])
  return {
    name: 'tasks',
    scenarios: listed.filter((scenario) => scenario.startsWith('tasks-')),
    go: (url) => suite.run(['server', '--url', url, '--suite', 'pending']),
  }
}

/** A second opinion on the session era. */
async function asBefore(suite: Suite): Promise<Run> {
  return {
    name: '0.1.16',
    scenarios: await suite.list(['--server']),
    go: (url) => suite.run(['server', '--url', url, '--suite', 'all']),
  }
}
