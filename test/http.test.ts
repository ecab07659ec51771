/** What is promised about a port, whatever is served on it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openHttp } from '../app/http.ts'
import { createLife } from '../app/lifecycle.ts'
import { silent } from '../app/log.ts'
import { type McpYard, startMcpYard } from './fakes/mcp-yard.ts'
import { handshake } from './fakes/wire.ts'
import { until } from './until.ts'

let yard: McpYard
let socket: Socket
let received: string

beforeEach(async () => {
  yard = await startMcpYard()
  received = ''
  socket = connect(Number(new URL(yard.url).port), '127.0.0.1')
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text
  })
  await once(socket, 'connect')
})
afterEach(async () => {
  socket.destroy()
  await yard.stop()
})

const hasReceived = (text: string) => until(`${text} comes`, () => received.includes(text))

test('a stop does not wait for a connection on which nobody has ever asked anything', async () => {
  const life = createLife(silent, { drain: 600_000 })
  const http = await life.start('http', () => openHttp(yard, life, { name: 'mcp', port: 0, surfaces: [] }))
  const early = connect(http.port, '127.0.0.1')
  await once(early, 'connect')
  await life.stop('the test is over')
  early.destroy()
})

describe('a request that offers HTTP/2, as every first one of a Java client does,', () => {
  const offer = [
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
  ]
  const body = JSON.stringify(handshake())
  const head = [
    'POST /mcp HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...offer,
  ]

  test('is answered as if it had not', async () => {
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    await hasReceived('"serverInfo"')
    expect(received).toMatch(/^HTTP\/1\.1 200 OK/)
  })

  test('may come in pieces', async () => {
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`)
    await fetch(`${yard.url}/mcp`, { method: 'PUT' })
    socket.write(body.slice(10))
    await hasReceived('"serverInfo"')
  })

  test('may be followed by another on the same connection', async () => {
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    await hasReceived('"serverInfo"')
    socket.write('PUT /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await hasReceived('HTTP/1.1 405')
  })
})
