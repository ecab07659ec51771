/**
 * Lets many connections take turns on the one session that PGlite has. A turn begins with a complete batch of messages and ends when the batch is
 * done and no transaction is open. (The server in pglite-socket takes turns by message: a statement that comes in several packets was
 * bound to another connection's text.)
 */
import { createServer, type Socket } from 'node:net'
import type { PGlite } from '@electric-sql/pglite'
import { createInbox, type Inbox } from './embedded-inbox.ts'

export interface Wire {
  /** Ends all connections after the batch that is running. Who connects from now on is kept waiting: to them, the files are still in use. */
  quiet(): Promise<void>
  /** Stops listening. */
  close(): Promise<void>
}

/** Milliseconds that a connection may sit on an open transaction without saying a word: all others are waiting for it. */
const longestSilence = 10_000

interface Connection {
  readonly socket: Socket
  readonly inbox: Inbox
}

const syncMessage = Buffer.from([0x53, 0, 0, 0, 4])
const rollbackText = Buffer.from('ROLLBACK\0')
const rollbackMessage = Buffer.concat([Buffer.from([0x51, 0, 0, 0, 4 + rollbackText.length]), rollbackText])

/**
 * Serves PGlite on a socket.
 * @param path of the socket
 * @param broken is called when PGlite itself fails: nothing works after that
 */
export async function openWire(db: PGlite, path: string, broken: (error: unknown) => void): Promise<Wire> {
  const sockets = new Set<Socket>()
  let quiet = false
  /** Connections with something to do, in the order in which they asked. */
  const queue = new Set<Connection>()
  /** Whose turn it is. */
  let holder: Connection | undefined
  /** Whether the holder is in the middle of a batch. */
  let open = false
  let working: Promise<void> | undefined
  let silence: NodeJS.Timeout | undefined

  async function execute(message: Uint8Array, socket?: Socket): Promise<void> {
    // The bytes are PGlite's own memory, and change with the next message.
    await db.execProtocolRawStream(message, { onRawData: (bytes) => void (socket?.writable && socket.write(Buffer.from(bytes))) })
  }

  /** Lets the holder go on until its turn is over or it has nothing more to say. */
  async function serve({ socket, inbox }: Connection): Promise<void> {
    for (let batch = inbox.take(); batch; batch = inbox.take()) {
      if (batch.kind === 'encryption') socket.write('N')
      else if (batch.kind === 'end') socket.destroy()
      else if (batch.kind === 'startup') await execute(batch.bytes, socket).catch(() => socket.destroy())
      else {
        await execute(batch.bytes, socket)
        open = !batch.complete
      }
      if (socket.destroyed || !(open || db.isInTransaction())) return
    }
  }

  /** A connection that has gone leaves neither half a batch nor a transaction behind. */
  async function cleanUp(): Promise<void> {
    if (open) await execute(syncMessage)
    if (db.isInTransaction()) await execute(rollbackMessage)
    open = false
  }

  async function work(): Promise<void> {
    for (;;) {
      holder ??= queue.values().next().value
      if (!holder) return
      queue.delete(holder)
      clearTimeout(silence)
      const { socket, inbox } = holder
      if (!socket.destroyed) await serve(holder)
      if (socket.destroyed) await cleanUp()
      if (!socket.destroyed && (open || db.isInTransaction())) {
        silence = setTimeout(() => socket.destroy(), longestSilence)
        return
      }
      // Whoever has more to say stands at the end of the queue again.
      if (!socket.destroyed && inbox.waiting()) queue.add(holder)
      holder = undefined
    }
  }

  function wake(connection: Connection): void {
    if (connection !== holder) queue.add(connection)
    // Everybody else waits for the end of the holder's turn.
    if (holder && connection !== holder) return
    working ??= work()
      .catch(broken)
      .finally(() => {
        working = undefined
      })
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => sockets.delete(socket))
    if (!quiet) welcome(socket)
  })

  function welcome(socket: Socket): void {
    const connection = { socket, inbox: createInbox() }
    socket.on('data', (chunk) => {
      if (!connection.inbox.put(chunk)) socket.destroy()
      else if (connection.inbox.waiting()) wake(connection)
    })
    socket.on('close', () => {
      queue.delete(connection)
      if (connection === holder) wake(connection)
    })
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })

  /** Ends every connection; resolves when each has been cleaned up after. */
  async function endAll(): Promise<void> {
    const closed = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
    await working
  }

  return {
    async quiet() {
      quiet = true
      await endAll()
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      await endAll()
      await closed
    },
  }
}
