/** WebSocket frames made by hand, as no WebSocket library would send them (RFC 6455, section 5.2). */
import { connect } from 'node:net'
import { keep, nothingSeen, type Seen } from '../seen.ts'
import { createWatch } from './talk.ts'

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameOptions {
  /** Not the last one of its message. */
  more?: boolean
  /** As only a server may send it. */
  unmasked?: boolean
  /** Bits 1 to 3 of the first byte, as a number. */
  reserved?: number
  /** What the frame says of its own length, where that is a lie. */
  length?: bigint
}

/** @param content a text, or bytes */
export function frame(opcode: number, content: string | Uint8Array = '', options: FrameOptions = {}): Buffer {
  const { more = false, unmasked = false, reserved = 0, length } = options
  const body = Buffer.from(content)
  const first = (more ? 0 : 0x80) | (reserved << 4) | opcode
  const mask = unmasked ? Buffer.alloc(0) : Buffer.from([1, 2, 3, 4])
  const masked = unmasked ? body : body.map((byte, at) => byte ^ mask[at % 4]!)
  return Buffer.concat([Buffer.from([first]), lengthOf(length ?? BigInt(body.length), !unmasked), mask, masked])
}

function lengthOf(length: bigint, masked: boolean): Buffer {
  const bit = masked ? 0x80 : 0
  if (length < 126n) return Buffer.from([bit | Number(length)])
  const long = length > 0xffffn
  const bytes = Buffer.alloc(long ? 9 : 3)
  bytes[0] = bit | (long ? 127 : 126)
  if (long) bytes.writeBigUInt64BE(length, 1)
  else bytes.writeUInt16BE(Number(length), 1)
  return bytes
}

/** Sends the frames after the upgrade, and waits for so many answers or for the end of the connection. */
export async function sendFrames(url: string, frames: readonly Uint8Array[], wanted: (seen: Seen) => boolean): Promise<Seen> {
  const seen = nothingSeen()
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const key = Buffer.alloc(16, 7).toString('base64')
  const lines = ['host: localhost', 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13']
  socket.write(`GET /ws HTTP/1.1\r\n${lines.join('\r\n')}\r\nsec-websocket-protocol: mcp\r\nsec-websocket-key: ${key}\r\n\r\n`)
  const watch = createWatch()
  let rest: Buffer = Buffer.alloc(0)
  let upgraded = false
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    if (!upgraded) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      upgraded = true
      rest = rest.subarray(end + 4)
    }
    rest = readFrames(rest, seen)
    watch.happened()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    seen.closed ??= 0
    watch.happened()
  })
  await watch.when('the connection is upgraded', () => upgraded)
  for (const one of frames) socket.write(one)
  await watch.when('the answers or the end have come', () => seen.closed !== undefined || wanted(seen))
  socket.destroy()
  return seen
}

/** Takes the whole frames off the front, and gives what is left. */
function readFrames(bytes: Buffer, seen: Seen): Buffer {
  for (let rest = bytes; ; ) {
    if (rest.length < 2) return rest
    const short = rest[1]! & 0x7f
    const head = short === 126 ? 4 : short === 127 ? 10 : 2
    if (rest.length < head) return rest
    const length = head === 2 ? short : head === 4 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2))
    if (rest.length < head + length) return rest
    const body = rest.subarray(head, head + length)
    const opcode = rest[0]! & 0x0f
    if (opcode === opcodes.text) keep(seen, body.toString())
    else if (opcode === opcodes.close) seen.closed = body.length >= 2 ? body.readUInt16BE(0) : 1005
    rest = rest.subarray(head + length)
  }
}
