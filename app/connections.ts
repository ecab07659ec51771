/** Connections that keep us waiting: for a request, for the rest of one, for an answer to be read. Each ends on time, and is told why where it can be. */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Config } from './config.ts'
import type { Log } from './log.ts'

type Limits = Pick<Config['limits'], 'connections' | 'headersTimeout' | 'bodyTimeout' | 'readerTimeout'>

/** Bytes of all headers of one request. */
const mostHeaders = 16 * 1024
/** Milliseconds that a connection without a request stays open for the next one. */
const keepAlive = 75_000
/** Milliseconds between two looks at who is late: so much later may it be. */
const precision = 1_000
/** Milliseconds that the other side has to read why it was refused. */
const farewell = 1_000

/** What a server of ours is made with. */
export const serverBounds = ({ headersTimeout, bodyTimeout }: Limits): ServerOptions => ({
  headersTimeout: headersTimeout * 1_000,
  requestTimeout: (headersTimeout + bodyTimeout) * 1_000,
  keepAliveTimeout: keepAlive,
  maxHeaderSize: mostHeaders,
  connectionsCheckingInterval: Math.min(precision, headersTimeout * 500),
})

/**
 * Looks after the connections of a server that was made with `serverBounds`.
 * @param refused is called for every connection that was one too many
 */
export function watchConnections(server: Server, limits: Limits, log: Log, refused: () => void): void {
  const { connections, headersTimeout, bodyTimeout, readerTimeout } = limits
  const answers = new WeakMap<Socket, ServerResponse>()
  const told = new WeakSet<Socket>()
  server.maxConnections = connections
  server.on('drop', () => refused())
  server.on('request', ({ socket }, response) => {
    if (!answers.has(socket)) bodies.watch(socket)
    answers.set(socket, response)
  })
  // Node counts from the beginning of the request, and gives a body what its headers left over.
  const bodies = watchBodies(
    bodyTimeout,
    (socket) => answers.get(socket)?.req,
    (socket) => refuse({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket),
  )
  server.once('close', bodies.stop)

  // Node looks whether something is taken of what it still has to send, however large the piece: that counts as life.
  server.timeout = readerTimeout * 1_000
  server.on('timeout', (socket: Socket) => {
    const answer = answers.get(socket)
    const working = answer !== undefined && !answer.writableFinished && !answer.destroyed
    // A call that runs is silent, and so is an event stream between two of its comments.
    if (working && socket.writableLength === 0) return
    if (working) log.info('connection cut off, its client does not read', { waiting: socket.writableLength })
    socket.destroy()
  })

  function refuse(error: Fault, socket: Socket): void {
    if (told.has(socket)) return
    told.add(socket)
    const answer = answers.get(socket)
    const begun = answer?.headersSent && !answer.writableFinished
    if (!socket.writable || begun || error.code === 'ECONNRESET') return void socket.destroy()
    socket.end(refusalOf(error, { headersTimeout, bodyTimeout, inBody: answer !== undefined && !answer.writableFinished }))
    // Closed at once, what is still under way to us would break the connection before the answer is read.
    setTimeout(() => socket.destroy(), farewell).unref()
  }
  server.on('clientError', refuse)
}

/**
 * Ends requests whose body is not complete so long after their headers.
 * @param timeout seconds @param requestOn the newest request of a connection
 */
function watchBodies(
  timeout: number,
  requestOn: (socket: Socket) => IncomingMessage | undefined,
  late: (socket: Socket) => void,
): { watch(socket: Socket): void; stop(): void } {
  const sockets = new Set<Socket>()
  /** Requests that were found incomplete, and when (`performance.now()`). */
  const since = new WeakMap<IncomingMessage, number>()
  function look(): void {
    const now = performance.now()
    for (const socket of sockets) {
      const request = requestOn(socket)
      if (!request || request.complete) continue
      const began = since.get(request)
      if (began === undefined) since.set(request, now)
      else if (now - began > timeout * 1_000) late(socket)
    }
  }
  const timer = setInterval(look, Math.min(precision, timeout * 500)).unref()
  return {
    watch(socket) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    },
    stop: () => clearInterval(timer),
  }
}

/** As Node names it. */
type Fault = Pick<NodeJS.ErrnoException, 'code'>

interface Waited {
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly inBody: boolean
}

/** A whole HTTP answer: there is no request that Node could answer. */
function refusalOf({ code }: Fault, waited: Waited): string {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return answerText('431 Request Header Fields Too Large', 'too_large', `the headers are larger than ${mostHeaders} bytes`)
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return answerText('408 Request Timeout', 'timeout', lateText(waited))
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return answerText('413 Payload Too Large', 'too_large', 'the extensions of a chunk are larger than 16384 bytes')
    default:
      return answerText('400 Bad Request', 'invalid_request', 'this is not a request in HTTP/1.1')
  }
}

const lateText = ({ headersTimeout, bodyTimeout, inBody }: Waited) =>
  inBody
    ? `the request was not complete ${bodyTimeout} s after its headers: send it faster, or less`
    : `no request came within ${headersTimeout} s`

function answerText(status: string, code: string, message: string): string {
  const body = JSON.stringify({ error: { code, message } })
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  return `HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`
}
