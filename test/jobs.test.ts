/** What callers of /cmd and REST are promised about commands that take long. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import type { Definition } from '../app/commands/command.ts'
import { connect } from './clients.ts'
import { type JobYard, startJobYard } from './fakes/job-yard.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { historyOf } from './insider.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

/** Calls of `hold` that wait for the test, and what became of them. */
let held: { end(value: unknown): void; progress(done: number, total: number, message: string): void }[] = []
let aborted = 0

const commands: Definition[] = [
  {
    name: 'hold',
    description: 'Takes as long as the test wants',
    returns: 'What the test says',
    params: { n: { type: 'integer', description: 'Any number', required: true } },
    use_queue: true,
    run: (_, { signal, progress, log }) =>
      new Promise((end, reject) => {
        log('info', 'began')
        held.push({ end, progress })
        signal.addEventListener('abort', () => {
          aborted++
          reject(signal.reason)
        })
      }),
  },
  {
    name: 'no',
    description: 'Says no',
    returns: 'Nothing',
    use_queue: true,
    run(_, { failure }) {
      throw failure('no, and this is why')
    },
  },
  { name: 'quick', description: 'Is no long command', returns: 'A text', run: () => 'quick' },
]

let store: OpenStore
let yard: JobYard
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())
beforeEach(async () => {
  held = []
  aborted = 0
  yard = await startJobYard(store.database, { commands })
})
afterEach(() => yard.stop())

async function post(path: string, body: Json, key = 'ann', at = yard) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const response = await fetch(at.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Json }
}

/** The `result` of a command over /cmd. */
const cmd = async (command: string, params: Json = {}, key = 'ann', at = yard) => {
  const { body } = await post('/cmd', { command, params }, key, at)
  return (body.result ?? body) as Json & { job_id: string; data: Json; error: Json }
}
const status = async (job_id: string, key = 'ann', at = yard) => (await cmd('job_status', { job_id }, key, at)).data
const running = (count: number) => vi.waitFor(() => expect(held).toHaveLength(count), 5_000)
const ended = (job_id: string, word: string) =>
  vi.waitFor(async () => expect(await status(job_id)).toMatchObject({ status: word }), 5_000)

describe('a long command over /cmd', () => {
  test('answers with a job at once, tells how far it is, and keeps the result', async () => {
    const { body } = await post('/cmd', { jsonrpc: '2.0', method: 'hold', params: { n: 1 }, id: 3 })
    expect(body).toEqual({
      jsonrpc: '2.0',
      id: 3,
      result: { success: true, job_id: expect.any(String), status: 'pending', message: expect.stringContaining('job_status') },
    })
    const { job_id } = body.result as { job_id: string }
    await running(1)
    held[0]!.progress(1, 4, 'counting')
    expect(await status(job_id)).toMatchObject({ command: 'hold', status: 'running', progress: 25, description: 'counting' })
    held[0]!.end({ rows: 7 })
    await ended(job_id, 'completed')
    expect(await status(job_id)).toMatchObject({ progress: 100, result: { rows: 7 } })
    expect((await cmd('queue_get_logs', { job_id })).data).toMatchObject({ logs: [{ level: 'info', message: 'began' }] })
  })

  test('waits for the result as long as it is asked to, and the command hears nothing of that', async () => {
    const answer = cmd('hold', { n: 1, max_wait_time: 20, poll_interval: 0 })
    await running(1)
    held[0]!.end('done')
    expect(await answer).toEqual({
      success: true,
      job_id: expect.any(String),
      status: 'completed',
      result: { result: 'done' },
      progress: 100,
      description: null,
    })
    expect(await cmd('hold', { n: 1, max_wait_time: 0.05 })).toMatchObject({ success: true, status: 'running' })
    expect(await cmd('no', { max_wait_time: 20 })).toMatchObject({
      success: false,
      status: 'failed',
      error: { message: 'no, and this is why' },
    })
  })

  test.each([
    ['a wait of nothing', { n: 1, max_wait_time: 0 }, /max_wait_time/],
    ['a pause below nothing', { n: 1, poll_interval: -1 }, /poll_interval/],
    ['a missing parameter', {}, /n is missing/],
    ['an unknown parameter', { n: 1, m: 2 }, /no member "m"; it has "n"/],
  ])('%s is refused, and no job is made', async (_, params, sentence) => {
    const { body } = await post('/cmd', { command: 'hold', params }, 'bob')
    expect(body).toMatchObject({ error: { code: -32602, message: expect.stringMatching(sentence) } })
    expect((await cmd('queue_list_jobs', {}, 'bob')).data).toMatchObject({ jobs: [] })
  })
})

test('REST answers 202 with a job, 200 with a result, 422 with a failure', async () => {
  expect(await post('/api/commands/hold', { n: 1 })).toMatchObject({ status: 202, body: { success: true, status: 'pending' } })
  const waited = post('/api/commands/hold', { n: 2, max_wait_time: 20 })
  await running(2)
  held[1]!.end('done')
  expect(await waited).toMatchObject({ status: 200, body: { status: 'completed', result: { result: 'done' } } })
  expect(await post('/api/commands/no', { max_wait_time: 20 })).toMatchObject({ status: 422, body: { status: 'failed' } })
})

test('whoever leaves while waiting is not waited for any more, and the job goes on', async () => {
  const { job_id } = await cmd('hold', { n: 1 })
  await running(1)
  const leaving = new AbortController()
  const waited = yard.jobs.get(job_id, { id: 'key:ann', name: 'ann', scopes: ['read', 'call'] }, 600_000, leaving.signal)
  leaving.abort()
  expect(await waited).toMatchObject({ status: 'running' })
  held[0]!.end('done')
  await ended(job_id, 'completed')
})

test('the schema says which commands are long', async () => {
  const schemaOf = async (name: string) => ((await (await fetch(`${yard.url}/api/commands/${name}`)).json()) as Json).schema
  expect(await schemaOf('hold')).toMatchObject({ 'x-use-queue': true })
  expect(await schemaOf('quick')).not.toHaveProperty('x-use-queue')
})

test('so many run at a time as the setting says; the others come in their order', async () => {
  const jobs = [await cmd('hold', { n: 1 }), await cmd('hold', { n: 2 }), await cmd('hold', { n: 3 })]
  await running(2)
  expect(await status(jobs[2]!.job_id)).toMatchObject({ status: 'pending' })
  expect((await cmd('queue_health')).data).toEqual({ status: 'busy', running: 2, pending: 1, limit: 2 })
  held[0]!.end('first')
  await running(3)
  expect(await status(jobs[2]!.job_id)).toMatchObject({ status: 'running' })
})

test('a job belongs to whoever made it', async () => {
  const { job_id } = await cmd('hold', { n: 1 })
  for (const command of ['job_status', 'queue_stop_job', 'queue_delete_job', 'queue_start_job', 'queue_get_logs'])
    expect(await post('/cmd', { command, params: { job_id } }, 'bob')).toMatchObject({
      body: { error: { code: -32602, message: expect.stringContaining('unknown job') } },
    })
  expect(JSON.stringify((await cmd('queue_list_jobs', {}, 'bob')).data)).not.toContain(job_id)
  expect(JSON.stringify((await cmd('queue_list_jobs')).data)).toContain(job_id)
})

test('a job of any command waits until it is started, and can be stopped and forgotten', async () => {
  const { job_id, status: first } = (await cmd('queue_add_job', { command: 'quick' })).data as { job_id: string; status: string }
  expect(first).toBe('pending')
  await cmd('queue_start_job', { job_id })
  await ended(job_id, 'completed')
  expect((await cmd('queue_delete_job', { job_id })).data).toEqual({ deleted: job_id })
  expect(await cmd('job_status', { job_id })).toMatchObject({ error: { code: -32602 } })

  const other = (await cmd('queue_add_job', { command: 'hold', params: { n: 1 }, start: true })).data as { job_id: string }
  await running(1)
  expect(await cmd('queue_delete_job', { job_id: other.job_id })).toMatchObject({
    error: { message: expect.stringContaining('stop it first') },
  })
  expect((await cmd('queue_stop_job', { job_id: other.job_id })).data).toMatchObject({ status: 'stopped' })
  await until('it is aborted', () => aborted === 1)
})

test('nobody makes a job of what it may not call', async () => {
  expect(await cmd('queue_add_job', { command: 'nothing' })).toMatchObject({ error: { code: -32601 } })
})

describe('a rule about ways in', () => {
  let system: TestSystem
  beforeAll(async () => {
    const rules = [{ name: 'not by MCP', effect: 'deny', surfaces: ['http'], tools: ['echo', 'long_task'] }]
    system = await start({ file: { access: { rules } } })
  })
  afterAll(() => system?.stop())

  const params = { message: 'hi' }
  const over = async (path: string, body: Json) => {
    const headers = { 'content-type': 'application/json' }
    return (await (await fetch(system.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as Json
  }
  const done = (job_id: unknown) =>
    until('the job is done', async () => {
      const { data } = (await over('/api/commands/job_status', { job_id })) as { data: Json }
      return data.status === 'completed'
    })
  /** What the history says in the end, newest first. */
  const cameBy = (name: string, ways: readonly [string, string][]) =>
    vi.waitFor(async () => {
      expect((await historyOf(system, { name })).map(({ via, status }) => [via, status])).toEqual(ways)
    }, 10_000)

  test('holds for jobs that are made there, and the history says which way they came', async () => {
    const client = await connect('http', system.url)
    try {
      const ask = (name: string, values: Json) => client.callTool({ name, arguments: values })
      await expect(ask('queue_add_job', { command: 'echo', params, start: true })).rejects.toThrow(/unknown tool "echo"/)
      await expect(ask('queue_add_job', { command: 'echo', params })).rejects.toThrow(/unknown tool "echo"/)
      await cameBy('echo', [
        ['http', 'refused'],
        ['http', 'refused'],
      ])
      const { structuredContent } = await ask('queue_add_job', { command: 'help', start: true })
      await done((structuredContent as Json).job_id)
      await cameBy('help', [['http', 'ok']])
    } finally {
      await client.close()
    }
  })

  test('holds for none that is made elsewhere, whichever way it is started', async () => {
    const client = await connect('http', system.url)
    try {
      const { data } = (await over('/api/commands/queue_add_job', { command: 'long_task', params: { seconds: 0 } })) as {
        data: Json
      }
      await client.callTool({ name: 'queue_start_job', arguments: { job_id: data.job_id } })
      await done(data.job_id)
      await cameBy('long_task', [['rest', 'ok']])
    } finally {
      await client.close()
    }
  })
})

test('what another process runs is known here, and what has not begun when a stop begins has failed', async () => {
  const other = await startJobYard(store.database, { commands, limit: 1 })
  try {
    const jobs = [await cmd('hold', { n: 1 }, 'ann', other), await cmd('hold', { n: 2 }, 'ann', other)]
    await running(1)
    await vi.waitFor(async () => expect(await status(jobs[0]!.job_id)).toMatchObject({ status: 'running' }), 5_000)
    expect(await status(jobs[1]!.job_id)).toMatchObject({ status: 'pending' })
    other.beginStop()
    await ended(jobs[1]!.job_id, 'failed')
    expect(await status(jobs[1]!.job_id)).toMatchObject({ error: { message: expect.stringContaining('stopping') } })
    held[0]!.end('finished all the same')
    await ended(jobs[0]!.job_id, 'completed')
  } finally {
    await other.stop()
  }
})

test('what a killed process ran reads as failed', async () => {
  const { job_id } = await cmd('hold', { n: 1 })
  await running(1)
  const other = await startJobYard(store.database, { commands })
  try {
    // The process that runs it is alive here, and may say so at any moment.
    await vi.waitFor(async () => {
      await store.database.pool.query(`update mcp.tool_tasks set alive_at = now() - interval '2 minutes' where id = $1`, [job_id])
      expect(await status(job_id, 'ann', other)).toMatchObject({
        status: 'failed',
        error: { message: expect.stringContaining('ended before it was done') },
      })
    }, 5_000)
  } finally {
    await other.stop()
  }
})
