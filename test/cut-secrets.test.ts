/** Where a text of somebody else is cut to be kept or told, no beginning of a secret is left at its end. */
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { secrets } from '../app/secrets.ts'
import { logStderr } from '../app/upstreams/child/stderr-log.ts'
import { handOver } from '../app/upstreams/mcp/messages.ts'
import { inWords } from '../app/upstreams/oauth/words.ts'
import { createBase } from '../app/upstreams/onec/base.ts'
import { shortText } from '../app/upstreams/onec/short-text.ts'
import { collectedLog } from './fakes/collected-log.ts'

const secret = `cut-in-two-${'0123456789'.repeat(6)}`
secrets.add([secret])

/** The secret begins so that it ends `most` characters and half of itself. */
const straddling = (most: number) => `${'x'.repeat(most - 30)}${secret}${'y'.repeat(2_000)}`

const ways: Record<string, () => string | Promise<string>> = {
  'a line of 1C': () => shortText(straddling(2_000)),
  'what a server sent that is no message': () => {
    const errors: string[] = []
    const events = { error: (error: Error) => errors.push(error.message) } as never
    for (const most of [100, 200, 300, 500]) handOver(straddling(most), { events, from: undefined, wanted: () => true } as never)
    return errors.join('\n')
  },
  'the end of a sign-in': () => inWords(new Error(straddling(300))),
  'an error of a base, in the log': async () => {
    const log = collectedLog()
    const error = { code: -32_000, message: 'no', data: straddling(1_000) }
    const wire = { send: async ({ id }: { id: number }) => ({ jsonrpc: '2.0', id, error }) }
    const base = createBase({ name: 'erp', wire: wire as never, log, timeout: 1_000 })
    await base.ask('tools/call', { name: straddling(200) }, { who: {} } as never).catch(() => {})
    return JSON.stringify(log.lines)
  },
  'a long line of a program': async () => {
    const log = collectedLog()
    const stderr = new PassThrough()
    const lastWords = logStderr(stderr, log)
    stderr.end(`${straddling(8 * 1_024)}\n`)
    await new Promise((resolve) => stderr.once('close', resolve))
    return JSON.stringify([log.lines, lastWords])
  },
}

test.each(Object.entries(ways))('%s', async (_, way) => {
  const said = await way()
  expect(said).toContain('xxx')
  expect(said).not.toContain(secret.slice(0, 8))
})
