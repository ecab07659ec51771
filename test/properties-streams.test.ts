/** Wherever a stream of bytes is cut into pieces, what is read from it is the same. */
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../app/errors.ts'
import { createLineReader } from '../app/lines.ts'
import { EventStream } from '../app/mcp/wire.ts'
import { parseJson } from '../app/surfaces/json.ts'
import { openStdio } from '../app/surfaces/stdio.ts'
import { createEventReader } from '../app/upstreams/mcp/event-source.ts'
import { request } from './fakes/wire.ts'
import { anyMessage, json } from './properties/arbitrary.ts'
import { openRoom, type Room } from './properties/sitting.ts'
import { until } from './until.ts'

/** Bytes in which everything that means something to a reader is likely. */
const bytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(10, 10, 13, 58, 32, 0xef, 0xbb, 0xbf, 0),
      fc.nat(255),
      fc.constantFrom(...Buffer.from('data: id event retry')),
    ),
    { maxLength: 200 },
  )
  .map((list) => Buffer.from(list))
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 })

function pieces(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const all: Buffer[] = []
  for (let from = 0, turn = 0; from < whole.length; turn++) {
    const to = from + cuts[turn % cuts.length]!
    all.push(whole.subarray(from, to))
    from = to
  }
  return all
}

describe('lines', () => {
  function read(parts: readonly Buffer[], max: number): unknown[] {
    const heard: unknown[] = []
    const reader = createLineReader({
      max,
      onLine: (line) => heard.push(line),
      onLong: (_, length) => heard.push(length),
    })
    for (const part of parts) reader.push(part)
    reader.end()
    return heard
  }

  test('of any bytes are the same however they are cut, and as many as there are newlines', () => {
    const property = fc.property(bytes, sizes, fc.integer({ min: 1, max: 60 }), (whole, cuts, max) => {
      const lines = read(pieces(whole, cuts), max)
      expect(lines).toEqual(read([whole], max))
      const expected = whole.toString('latin1').split('\n')
      if (expected.at(-1) === '') expected.pop()
      expect(lines.map((line) => (typeof line === 'number' ? line : 'whole'))).toEqual(
        expected.map(({ length }) => (length > max ? length : 'whole')),
      )
    })
    fc.assert(property, { numRuns: 1000 })
  })
})

describe('an event stream', () => {
  function read(parts: readonly Buffer[]): unknown[] {
    const heard: unknown[] = []
    const reader = createEventReader({
      max: 10_000,
      event: (name, data) => heard.push({ name, data }),
      id: (id) => heard.push({ id }),
      retry: (ms) => heard.push({ ms }),
    })
    for (const part of parts) reader.push(part)
    return heard
  }

  test('of any bytes is the same however it is cut', () => {
    const property = fc.property(bytes, sizes, (whole, cuts) => {
      expect(read(pieces(whole, cuts))).toEqual(read([whole]))
    })
    fc.assert(property, { numRuns: 1000 })
  })

  test('that we write is read as it was written, whatever is in the messages and however it is cut', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const property = fc.asyncProperty(fc.array(json, { maxLength: 8 }), sizes, async (values, cuts) => {
      server.once('request', (_, response) => {
        const stream = new EventStream(response, () => {})
        for (const value of values) stream.write(JSON.stringify(value))
        stream.ping()
        stream.end('done')
      })
      const [response] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
      const parts: Buffer[] = []
      for await (const part of response) parts.push(part as Buffer)
      const heard = read(pieces(Buffer.concat(parts), cuts)) as { data: string }[]
      expect(heard.map(({ data }) => JSON.parse(data))).toEqual(values.map((value) => JSON.parse(JSON.stringify(value))))
    })
    await fc.assert(property, { numRuns: 150 })
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('a text', () => {
  test('that somebody has spoiled is JSON or refused in a sentence, and nothing else is thrown', () => {
    const spoiled = fc.tuple(anyMessage, fc.nat(300), fc.nat(20), bytes).map(([message, from, length, inserted]) => {
      const whole = Buffer.from(JSON.stringify(message))
      return Buffer.concat([whole.subarray(0, from), inserted, whole.subarray(from + length)])
    })
    const property = fc.property(spoiled, (text) => {
      try {
        parseJson(text)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        expect(['parse_error', 'invalid_request']).toContain(error.code)
        expect(error.message).toMatch(/^\P{Cc}{1,300}$/u)
      }
    })
    fc.assert(property, { numRuns: 1000 })
  })
})

describe('stdin', () => {
  let room: Room

  beforeAll(async () => {
    room = await openRoom()
  })
  afterAll(() => room.stop())

  /** Everything that is answered when this has come in, but for the word that ends it. */
  async function answersTo(parts: readonly Buffer[]): Promise<string[]> {
    const input = new PassThrough()
    const output = new PassThrough()
    const hurry = new AbortController().signal
    const stdio = openStdio(room.yard, room.handlers, { input, output, hurry, alone: false })
    let text = ''
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    for (const part of parts) input.write(part)
    const last = JSON.stringify(request('ping', {}, 'the last one'))
    input.write(`\n${last}\n`)
    await until('the last one is answered', () => text.includes('"id":"the last one"'))
    await stdio.stop?.()
    return text.split('\n').filter((line) => line !== '' && !line.includes('"id":"the last one"'))
  }

  test('cut anywhere brings the same answers, and none that is no message', async () => {
    const line = fc.oneof(
      anyMessage.map((message) => JSON.stringify(message)),
      bytes.map((some) => some.toString()),
    )
    const input = fc.array(line, { maxLength: 8 }).map((lines) => Buffer.from(lines.join('\n')))
    const property = fc.asyncProperty(input, sizes, async (whole, cuts) => {
      const whenWhole = await answersTo([whole])
      const whenCut = await answersTo(pieces(whole, cuts))
      expect(whenCut.sort()).toEqual(whenWhole.sort())
      for (const answer of whenCut) expect(JSON.parse(answer)).toMatchObject({ jsonrpc: '2.0' })
    })
    await fc.assert(property, { numRuns: 60 })
  })
})
