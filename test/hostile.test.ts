/** No input harms the server: a corpus of hostile ones, over every way, against one real process. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { corpus } from './hostile/corpus/index.ts'
import { bytesOf, type Course, coursesOf, type Entry, payloadsOf } from './hostile/entry.ts'
import { createRunner, type Runner } from './hostile/run.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 90_000 })

/** Growth of the process that the whole corpus may cost, in MiB: a body of 4 MiB, a hundredfold (docs/architecture.md). */
const mostGrowth = 400

let runner: Runner
let pid: number
let memory: number

beforeAll(async () => {
  runner = await createRunner()
  pid = runner.server.pid
  memory = runner.server.memory()
})
afterAll(() => runner?.server.stop())

const promise = (entry: Entry, course: Course) =>
  test(`${entry.name} (${course})`, async () => {
    const problem = await runner.run(entry, course)
    if (problem) expect.fail(problem)
  })

/** The conversation over stdio is one for all of them, so what has to come before its handshake comes first. */
const isEarly = (entry: Entry, course: Course) => course === 'stdio' && 'fresh' in entry

function each(subject: { entries: readonly Entry[] }, which: (entry: Entry, course: Course) => boolean): void {
  for (const entry of subject.entries) for (const course of coursesOf(entry)) if (which(entry, course)) promise(entry, course)
}

describe('before the handshake over stdio', () => {
  for (const subject of corpus) each(subject, isEarly)
})

for (const subject of corpus) describe(subject.name, () => each(subject, (entry, course) => !isEarly(entry, course)))

describe('after all of it', () => {
  test('it is the same process, and no input has ended it', () => {
    expect(runner.deadly).toEqual([])
    expect(runner.server.alive()).toBe(true)
    expect(runner.server.pid).toBe(pid)
  })

  test('the log has no error but those that were declared', async () => {
    const { server, declared } = runner
    await until('the log has come', () => server.complaints().length >= declared)
    const complaints = server.complaints()
    if (complaints.length !== declared) expect.fail(`${declared} lines were declared:\n${complaints.join('\n')}`)
  })

  test('memory has not run away', () => {
    expect(runner.server.memory() - memory).toBeLessThan(mostGrowth)
  })

  test('no session is left over but that of stdio', async () => {
    await runner.close()
    let left = 0
    const ended = async () => {
      left = await runner.server.sessions()
      return left <= 1
    }
    await until('the sessions have ended', ended).catch((error) => expect.fail(`${left} are left: ${error}`))
  })

  test('it stops as asked', async () => {
    expect(await runner.server.stop()).toBe(0)
  })
})

test('the corpus has more than 300 different inputs, each with a name of its own', () => {
  const entries = corpus.flatMap((subject) => subject.entries)
  const inputs = new Set(entries.map(fingerprint))
  expect(inputs.size).toBeGreaterThan(300)
  const names = corpus.flatMap(({ name, entries }) => entries.map((entry) => `${name}: ${entry.name}`))
  expect(new Set(names).size).toBe(names.length)
})

/** Of the input alone: neither its name nor what is expected of it. */
function fingerprint(entry: Entry): string {
  const hash = createHash('sha256')
  const add = (value: unknown) => hash.update(JSON.stringify(value) ?? '')
  if ('over' in entry) {
    for (const payload of payloadsOf(entry)) hash.update(bytesOf(payload)).update('\n')
    add([entry.fresh, entry.version, entry.headers, coursesOf(entry).length > 1 ? '' : coursesOf(entry)])
  } else if ('ask' in entry)
    add({ ...entry.ask, body: entry.ask.body === undefined ? '' : bytesOf(entry.ask.body).toString('base64') })
  else if ('bytes' in entry) hash.update(bytesOf(entry.bytes)).update(String(entry.leave))
  else for (const frame of typeof entry.frames === 'function' ? entry.frames() : entry.frames) hash.update(frame)
  return hash.digest('hex')
}
