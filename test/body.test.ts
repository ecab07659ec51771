/** How bodies are read, and which JSON is taken. */
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readBody } from '../app/surfaces/body.ts'
import { depthLimit, parseJson } from '../app/surfaces/json.ts'

describe('readBody', () => {
  let outcomes: Promise<string>[]
  let arrived: () => void
  let server: ReturnType<typeof createServer>

  beforeEach(async () => {
    outcomes = []
    server = createServer((incoming, outgoing) => {
      const outcome = outcomeOf(incoming)
      outcomes.push(outcome)
      arrived()
      void outcome.then((text) => outgoing.end(text))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })

  const outcomeOf = (incoming: IncomingMessage) =>
    readBody(incoming, 10).then(
      (body) => `read ${body.toString()}`,
      (failure: { code: string }) => failure.code,
    )

  /** Begins a request, and settles when the server is reading it. */
  async function begin(first: string) {
    const reading = new Promise<void>((resolve) => (arrived = resolve))
    const sending = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', method: 'POST' })
    const answer = new Promise<string>((resolve, reject) => {
      sending.on('error', reject)
      sending.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks).toString()))
      })
    })
    answer.catch(() => {}) // a test that breaks off does not look at it
    sending.write(first)
    await reading
    return { sending, answer }
  }

  test('gives the whole of it, however many pieces it comes in', async () => {
    const { sending, answer } = await begin('12345')
    sending.end('67890')
    expect(await answer).toBe('read 1234567890')
  })

  test('answers while a body without a length is still too large, and reads on so that the client sees it', async () => {
    const { sending, answer } = await begin('123456789012')
    expect(await outcomes[0]).toBe('too_large')
    for (let piece = 0; piece < 100; piece++) sending.write('x'.repeat(100_000))
    sending.end()
    expect(await answer).toBe('too_large')
  })

  test('ends when the client goes away', async () => {
    const { sending } = await begin('12')
    sending.destroy()
    expect(await outcomes[0]).toBe('invalid_request')
  })
})

describe('parseJson', () => {
  test('gives back whatever JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value, null, 2)
        expect(parseJson(text)).toEqual(JSON.parse(text))
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`
  test('takes values as deep as the limit and no deeper', () => {
    expect(parseJson(nested(depthLimit))).toBeInstanceOf(Array)
    expect(() => parseJson(nested(depthLimit + 2))).toThrow('nested deeper than 64 levels')
  })

  test('does not count brackets in texts, nor levels side by side', () => {
    const text = JSON.stringify([`${'['.repeat(100)}\\"${'{'.repeat(100)}\\`, ...Array.from({ length: 100 }, () => [{}])])
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  test('a million open brackets are refused at once', () => {
    expect(() => parseJson('['.repeat(1_000_000))).toThrow('nested deeper than 64 levels')
  })

  test.each([
    ['nothing', ''],
    ['half a text', '"abc'],
    ['a text that ends in a backslash', `"${'x'.repeat(200)}\\`],
    ['a comment', '{} // x'],
  ])('%s is not JSON', (_, text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'parse_error' }))
  })

  test('a member called __proto__ is a member, and changes no other object', () => {
    const value = parseJson('{"__proto__": {"admin": true}}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})
