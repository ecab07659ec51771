/** What somebody at a terminal sees, and a program at the other end of a pipe does not. */
import { stripVTControlCharacters } from 'node:util'
import { expect, test, vi } from 'vitest'
import type { Finding } from '../app/cli/probe.ts'
import { showProgress } from '../app/cli/progress.ts'
import { createReport } from '../app/cli/report.ts'
import { showResult } from '../app/cli/result.ts'
import { openScreen } from '../app/cli/screen.ts'

/** A stream that a person looks at, and what stood on it. */
function terminal(columns: number, env: Record<string, string> = {}, isTTY = true) {
  const written: string[] = []
  return { screen: openScreen({ isTTY, columns, write: (text: string) => written.push(text) }, env), written }
}
const probe = { name: 'docs', what: 'upstream, http', attempt: async () => '' }
const failed: Finding = { name: 'docs', what: 'upstream, http', state: 'failed', detail: 'nobody answers '.repeat(8), ms: 12 }

test('what takes longer than a second shows one line, and takes it away', () => {
  vi.useFakeTimers()
  try {
    const { screen, written } = terminal(40)
    const progress = showProgress(screen)
    progress.say('trying docs')
    vi.advanceTimersByTime(999)
    expect(written).toEqual([])
    vi.advanceTimersByTime(1)
    expect(written.join('')).toContain('trying docs ... 1 s')
    progress.say('x'.repeat(100))
    expect(stripVTControlCharacters(written.at(-1)!).length).toBeLessThanOrEqual(40)
    progress.end()
    expect(written.at(-1)).toBe('\r\x1b[K')
    vi.advanceTimersByTime(5_000)
    expect(written.at(-1)).toBe('\r\x1b[K')
  } finally {
    vi.useRealTimers()
  }
})

test('without a terminal there is no such line', () => {
  vi.useFakeTimers()
  try {
    const { screen, written } = terminal(40, {}, false)
    const progress = showProgress(screen)
    progress.say('trying docs')
    vi.advanceTimersByTime(5_000)
    progress.end()
    expect(written).toEqual([])
  } finally {
    vi.useRealTimers()
  }
})

test('a row has a coloured mark and breaks inside its column; NO_COLOR takes the colour away', () => {
  const coloured = terminal(80)
  createReport([probe], coloured.screen, false).add(failed)
  const lines = coloured.written.join('').trimEnd().split('\n')
  expect(lines[0]).toContain('\x1b[31m✗\x1b[0m  docs')
  expect(lines.length).toBeGreaterThan(1)
  for (const line of lines.slice(1)) expect(line).toMatch(/^ {30}/)
  const plain = terminal(80, { NO_COLOR: '1' })
  createReport([probe], plain.screen, false).add(failed)
  expect(plain.written.join('')).toMatch(/^✗ {2}docs/)
})

test('an answer that is JSON is laid out to be read, and left as it came for a program', () => {
  const answer = {
    content: [
      { type: 'text', text: '{"a":[1]}' },
      { type: 'text', text: '[not JSON' },
    ],
  }
  expect(showResult(answer, true).text).toBe('{\n  "a": [\n    1\n  ]\n}\n[not JSON')
  expect(showResult(answer, false).text).toBe('{"a":[1]}\n[not JSON')
})

test('without a terminal a row is one line with a word for the mark, and control characters of others are gone', () => {
  const { screen, written } = terminal(80, {}, false)
  createReport([probe], screen, false).add({ ...failed, detail: `\x1b[2Jgone\n${failed.detail}` })
  expect(written.join('')).toMatch(/^failed {3}docs {2}upstream, http {5}12 ms {2} \[2Jgone nobody.*\n$/)
})
