/** What may happen during a call. */
import assert from 'node:assert/strict'
import { until } from '../../../until.ts'
import { offered, type Step, textOf } from './step.ts'

export const calls = {
  async 'call a tool'(client) {
    const message = 'grüß dich, 世界 🚀'
    const result = await client.call('echo', { message })
    assert.deepEqual(JSON.parse(textOf(result)), { message })
    assert.deepEqual(result.structuredContent, { message })
  },

  async progress(client, mark) {
    const heard: (readonly [number, number?])[] = []
    const name = `${mark}-count`
    // The tool waits for this before it goes on: otherwise a step might come in one piece with the answer, and some clients drop it then.
    const onProgress = ({ progress, total }: { progress: number; total?: number }) => {
      heard.push([progress, total])
      client.call('heard', { mark: name, step: progress }).catch(() => {}) // then the tool waits in vain, and says so
    }
    assert.equal(textOf(await client.call('count', { mark: name, to: 4 }, { onProgress })), 'counted to 4')
    assert.deepEqual(
      heard,
      [1, 2, 3, 4].map((done) => [done, 4]),
    )
  },

  async 'tool error'(client) {
    const refused = await client.call('refuse')
    assert.equal(refused.isError, true)
    assert.equal(textOf(refused), 'the shop is closed: come back tomorrow')
    const wrong = await client.call('long_text', { text: 'a', times: 'four' })
    assert.equal(wrong.isError, true)
    assert.match(textOf(wrong), /\btimes\b/)
  },

  async 'big answers'(client) {
    const text = 'größer als 3 MiB 世界 '
    const times = 160_000
    // Two at a time: while one is on its way the next comes.
    const answers = await Promise.all([1, 2].map(() => client.call('long_text', { text, times })))
    for (const answer of answers.map(textOf)) {
      assert.ok(answer === text.repeat(times), `got ${answer.length} characters instead of ${text.length * times}`)
    }
  },

  async 'log messages'(client) {
    const heard: string[] = []
    await offered(client, 'hear')('warning', (level, data) => void heard.push(`${level}: ${textIn(data)}`))
    await client.call('talk')
    await until('the warning', () => heard.length > 0)
    assert.deepEqual(heard, ['warning: mind the step'])
  },

  async elicitation(client) {
    assert.equal(textOf(await client.call('ask_person', { question: 'Which colour?' })), 'accept green')
    assert.equal(textOf(await client.call('ask_person', { question: 'Please decline.' })), 'decline')
  },

  async sampling(client) {
    assert.match(textOf(await client.call('ask_model', { question: 'how much?' })), /you asked: how much\?/)
  },

  async roots(client) {
    assert.match(textOf(await client.call('ask_roots')), /file:\/\/\/home\/ada\/project/)
  },

  async 'cancelled call'(client, mark) {
    const state = async () => textOf(await client.call('hang_state', { mark }))
    const cancel = new AbortController()
    const ended = client.call('hang', { mark }, { signal: cancel.signal }).then(
      () => 'answered',
      () => 'given up',
    )
    await until('the call runs', async () => (await state()) === 'running')
    cancel.abort()
    assert.equal(await ended, 'given up')
    await until('the server has stopped the work', async () => (await state()) === 'cancelled')
  },
} satisfies Record<string, Step>

/** A log message is any JSON; ours are texts, or have one as `message`. */
const textIn = (data: unknown) => (typeof data === 'string' ? data : (data as { message?: string }).message)
