/** Calls that an MCP server of 2025-11-25 behind Switchyard answers. */
import assert from 'node:assert/strict'
import type { ToolResult } from '../client.ts'
import { type Step, textOf } from './step.ts'

export const upstream = {
  async 'upstream call'(client) {
    assert.equal(textOf(await client.call('everything_echo', { message: 'hello' })), 'Echo: hello')
    const sum = await client.call('everything_get-sum', { a: 2, b: 'two' })
    assert.equal(sum.isError, true)
  },

  async 'upstream progress'(client) {
    const heard: number[] = []
    const onProgress = ({ progress, total }: { progress: number; total?: number }) => {
      // Some clients tell of their own doings in between, without a total.
      if (total === 4) heard.push(progress)
    }
    await client.call('everything_trigger-long-running-operation', { duration: 1, steps: 4 }, { onProgress })
    // The last ones may come in one piece with the answer.
    assert.deepEqual(heard.slice(0, 2), [1, 2])
  },

  async 'upstream elicitation'(client) {
    assert.match(allTextOf(await client.call('everything_trigger-elicitation-request')), /Name: Ada/)
  },

  async 'upstream sampling'(client) {
    const result = await client.call('everything_trigger-sampling-request', { prompt: 'hello', maxTokens: 100 })
    assert.match(allTextOf(result), /you asked: .*hello/)
  },
} satisfies Record<string, Step>

const allTextOf = ({ content }: ToolResult) => content.map(({ text = '' }) => text).join('\n')
