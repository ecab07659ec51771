/** What is promised about reading event streams: the same events however the bytes were cut, and never more memory than allowed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEventReader, TooLarge } from '../app/upstreams/mcp/event-source.ts'

type Told = ['event', string, string] | ['id', string] | ['retry', number]

function reading(max = 1_000_000) {
  const told: Told[] = []
  const reader = createEventReader({
    max,
    event: (name, data) => told.push(['event', name, data]),
    id: (id) => told.push(['id', id]),
    retry: (ms) => told.push(['retry', ms]),
  })
  return { told, push: (text: string | Buffer) => reader.push(Buffer.from(text)) }
}

function read(text: string | Buffer): Told[] {
  const { told, push } = reading()
  push(text)
  return told
}

describe('an event', () => {
  test('is called message unless it has a name', () => {
    expect(read('data: a\n\nevent: ping\ndata: b\n\nevent:\ndata: c\n\n')).toEqual([
      ['event', 'message', 'a'],
      ['event', 'ping', 'b'],
      ['event', 'message', 'c'],
    ])
  })

  test('has all its lines of data, with a line feed between them', () => {
    expect(read('data: a\ndata\ndata:\ndata:  b\n\n')).toEqual([['event', 'message', 'a\n\n\n b']])
  })

  test('loses one space behind the colon and no more', () => {
    expect(read('data:a\ndata: a\ndata:  a\n\n')).toEqual([['event', 'message', 'a\na\n a']])
  })

  test('without data is none, with empty data it is one', () => {
    expect(read('event: ping\n\n: comment\n\ndata\n\n')).toEqual([['event', 'message', '']])
  })

  test('that the stream ends in is none', () => {
    expect(read('data: a\n\ndata: b\nid: 2\n')).toEqual([['event', 'message', 'a']])
  })

  test('is told as soon as its blank line ends, without waiting for the byte after it', () => {
    expect(read('data: a\r\r')).toEqual([['event', 'message', 'a']])
    expect(read('data: a\r\n\r')).toEqual([['event', 'message', 'a']])
  })

  test('is not split by a carriage return and a line feed in two chunks', () => {
    const { told, push } = reading()
    for (const chunk of ['data: a\r', '', '\ndata: b\r', '\n\r', '\ndata: c\r\n\r\n']) push(chunk)
    expect(told).toEqual([
      ['event', 'message', 'a\nb'],
      ['event', 'message', 'c'],
    ])
  })
})

describe('of a stream', () => {
  test('the byte order mark in front is no part of it, a second one is', () => {
    expect(read('\ufeffdata: a\n\n\ufeffdata: b\n\n')).toEqual([['event', 'message', 'a']])
    expect(read('\ufeff: comment\ndata: a\n\n')).toEqual([['event', 'message', 'a']])
  })

  test('ids are told before their event, also where it has no data, and not before it is complete', () => {
    expect(read('id: 1\ndata: a\n\nid: 2\n\nid\n\nid: 3\n')).toEqual([
      ['id', '1'],
      ['event', 'message', 'a'],
      ['id', '2'],
      ['id', ''],
    ])
  })

  test('an id with a NUL is passed over', () => {
    expect(read('id: 1\nid: a\0b\ndata: a\n\n')).toEqual([
      ['id', '1'],
      ['event', 'message', 'a'],
    ])
  })

  test('retry counts where it is nothing but digits', () => {
    expect(read('retry: 1500\nretry: 1.5\nretry: -1\nretry: 1s\nretry\nretry: 99999999999999999999\nretry:0\n\n')).toEqual([
      ['retry', 1500],
      ['retry', 0],
    ])
  })

  test('comments and unknown fields are passed over', () => {
    expect(read(':\n: data: no\nDATA: no\ndata : no\nfield: no\ndatabase: no\nid2: no\ndata: a\n\n')).toEqual([
      ['event', 'message', 'a'],
    ])
  })

  test('what is no UTF-8 becomes U+FFFD and harms nothing else', () => {
    expect(read(Buffer.concat([Buffer.from('data: a'), Buffer.from([0xff, 0xc3]), Buffer.from('b\n\ndata: c\n\n')]))).toEqual([
      ['event', 'message', 'a\ufffd\ufffdb'],
      ['event', 'message', 'c'],
    ])
  })
})

describe('memory', () => {
  const max = 1_000
  const feed = (text: string, times: number) => () => {
    const { push } = reading(max)
    for (let time = 0; time < times; time++) push(text)
  }

  test('is bounded for a line, whatever it is and however it was cut', () => {
    for (const start of ['data: ', ': ', 'unknown', 'id: ']) {
      const { push } = reading(max)
      push(start)
      expect(() => feed('x'.repeat(100), 20)()).toThrow(TooLarge)
      expect(() => push('x'.repeat(max + 1))).toThrow('a line of the event stream is larger than 1000 bytes')
      expect(feed(`${start}${'x'.repeat(max)}\n`, 1)).toThrow('a line of the event stream is larger than 1000 bytes')
    }
  })

  test('is bounded for an event of many lines, empty ones too', () => {
    expect(feed('data: 12345\n', 200)).toThrow('an event is larger than 1000 bytes')
    expect(feed('data:\n', 2_000)).toThrow(TooLarge)
  })

  test('lets events through that are just within the bound, one after the other', () => {
    const { told, push } = reading(max)
    const data = 'y'.repeat(max - 'data: '.length)
    for (let time = 0; time < 3; time++) push(`data: ${data}\n\n`)
    expect(told).toEqual(Array.from({ length: 3 }, () => ['event', 'message', data]))
  })

  test('is not needed for what was told already', () => {
    const { told, push } = reading(max)
    for (let time = 0; time < 1_000; time++) push('id: 1\ndata: 12345\n: comment\n\n')
    expect(told).toHaveLength(2_000)
  })
})

const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n\0\ufeff]/g, ''))
const event = fc.record({
  name: fc.option(line, { nil: undefined }),
  id: fc.option(line, { nil: undefined }),
  retry: fc.option(fc.nat(), { nil: undefined }),
  data: fc.array(line, { maxLength: 4 }),
  comment: fc.option(line, { nil: undefined }),
})
const newline = fc.constantFrom('\n', '\r', '\r\n')

test('events come out as they went in, however the bytes were cut and lines ended', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(event), fc.array(newline, { minLength: 1 }), sizes, fc.boolean(), (events, ends, cuts, mark) => {
      const expected: Told[] = []
      const lines: string[] = []
      for (const { name, id, retry, data, comment } of events) {
        if (comment !== undefined) lines.push(`:${comment}`)
        if (retry !== undefined) lines.push(`retry: ${retry}`)
        if (name !== undefined) lines.push(`event: ${name}`)
        if (id !== undefined) lines.push(`id: ${id}`)
        for (const text of data) lines.push(`data: ${text}`)
        lines.push('')
        if (retry !== undefined) expected.push(['retry', retry])
        if (id !== undefined) expected.push(['id', id])
        if (data.length > 0) expected.push(['event', name || 'message', data.join('\n')])
      }
      const ended = lines.map((text, index) => text + ends[index % ends.length])
      const bytes = Buffer.from((mark ? '\ufeff' : '') + joined(ended))
      const { told, push } = reading()
      for (let from = 0, i = 0; from < bytes.length; i++) {
        const size = cuts[i % cuts.length]!
        push(bytes.subarray(from, from + size))
        from += size
      }
      expect(told).toEqual(expected)
    }),
  )
})

/** A CR with an LF behind it is one end of a line: where an empty line would be lost that way, it ends otherwise. */
function joined(lines: readonly string[]): string {
  return lines.reduce((text, next) => text + (text.endsWith('\r') && next.startsWith('\n') ? `\r${next.slice(1)}` : next), '')
}
