/** The exchange over FTP, for a base on another machine: one connection, one thing at a time, made anew when it has ended. */
import { posix } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { Client, FTPError } from 'basic-ftp'
import { type Exchange, mostBytes, TooLarge } from './exchange.ts'

/** Milliseconds for one command of the protocol. */
const patience = 10_000
const isMissing = (error: unknown): boolean => error instanceof FTPError && error.code === 550

/** @param address `ftp://user:password@host:21/path`, or `ftps:` for TLS; the path is as the server shows it */
export function openFtp(address: string): Exchange {
  const { protocol, hostname, port, username, password, pathname } = new URL(address)
  const root = decodeURIComponent(pathname)
  const at = (folder: 'in' | 'out', file: string) => posix.join(root, folder, file)
  let client: Client | undefined
  let turn: Promise<unknown> = Promise.resolve()

  async function connected(): Promise<Client> {
    if (client && !client.closed) return client
    const made = new Client(patience)
    client = made
    await made.access({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? 21 : Number(port),
      user: decodeURIComponent(username) || 'anonymous',
      password: decodeURIComponent(password),
      secure: protocol === 'ftps:',
    })
    for (const folder of ['in', 'out']) await made.ensureDir(posix.join(root, folder))
    return made
  }

  /** A connection knows one command at a time. */
  function inTurn<T>(work: (ftp: Client) => Promise<T>): Promise<T> {
    const mine = turn.then(async () => work(await connected()))
    turn = mine.catch(() => {})
    return mine
  }

  async function read(ftp: Client, path: string): Promise<string> {
    const chunks: Buffer[] = []
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    await ftp.downloadTo(sink, path)
    return Buffer.concat(chunks).toString('utf8')
  }

  const removed = (path: string): Promise<boolean> =>
    inTurn((ftp) => ftp.remove(path)).then(
      () => true,
      () => false,
    )

  return {
    place: `${protocol}//${hostname}${root}`,
    ready: () => inTurn(async () => {}),
    put: (file, text) =>
      inTurn(async (ftp) => {
        const place = at('in', file)
        const unfinished = place.replace(/\.json$/, '.tmp')
        await ftp.uploadFrom(Readable.from([Buffer.from(text)]), unfinished)
        await ftp.rename(unfinished, place)
      }),
    take: (file) =>
      inTurn(async (ftp) => {
        const place = at('out', file)
        try {
          const size = await ftp.size(place)
          if (size > mostBytes) throw new TooLarge(size)
          return await read(ftp, place)
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      }),
    async remove(file) {
      await removed(at('in', file))
      await removed(at('out', file))
    },
    removeAnswer: (file) => removed(at('out', file)),
    close: () => client?.close(),
  }
}
