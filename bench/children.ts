/** The servers that are measured: each a process of its own, ready when its log says so, or when it takes connections. */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { type Place, placed } from './cores.ts'
import { mustClose } from './opened.ts'

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** Where it listens; empty for one that does not. */
  readonly url: string
  /** Milliseconds from the start of the process until it said that it is ready. */
  readonly readyAfter: number
  /** Asks it to stop, and waits until it is gone. */
  stop(): Promise<void>
}

export interface ChildOptions {
  /** Environment beside PATH. */
  env?: Record<string, string>
  place?: Place
  /** Where it will listen, for a server of others: it is ready when it takes connections there. What it prints is not read. */
  listensOn?: string
  /** Opens a channel on which it answers messages. */
  channel?: boolean
  /** Called as soon as it runs, long before it is ready. */
  onSpawn?(child: ChildProcess): void
}

/** Milliseconds to become ready: a first start on a slow disk included. */
const longestStart = 60_000
/** Milliseconds to stop, before it is killed. */
const longestStop = 12_000

/**
 * Starts node with these arguments.
 * @throws when it ends, or stays silent, before it is ready; with the last of what it said
 */
export async function startNode(
  args: readonly string[],
  { env = {}, place = 'server', listensOn, channel = false, onSpawn }: ChildOptions = {},
): Promise<Child> {
  const began = performance.now()
  const [program, words] = placed(place, process.execPath, args)
  const child = spawn(program, words, {
    env: { PATH: process.env.PATH, ...env },
    stdio: channel ? ['pipe', 'pipe', 'pipe', 'ipc'] : 'pipe',
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = mustClose(async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), longestStop)
    await gone
    clearTimeout(timer)
  })
  onSpawn?.(child)
  try {
    const url = await readyAt(child, gone, listensOn)
    return { process: child, pid: child.pid!, url, readyAfter: performance.now() - began, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @returns where it listens: as its log says, or where it was told to. What it writes to stderr until then is told with a failure. */
function readyAt(child: ChildProcess, gone: Promise<void>, listensOn: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    let knocking: NodeJS.Timeout | undefined
    const fail = (why: string) => settle(() => reject(new Error(`${child.spawnargs.join(' ')} ${why}:\n${said.slice(-2_000)}`)))
    const timer = setTimeout(() => fail(`was not ready after ${longestStart / 1000} s`), longestStart)

    function settle(how: () => void): void {
      clearTimeout(timer)
      clearInterval(knocking)
      child.stderr?.removeAllListeners('data').resume()
      how()
    }
    void gone.then(() => fail('ended'))
    child.once('error', ({ message }) => fail(`did not start: ${message}`))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (!listensOn && said.includes('"msg":"ready"')) settle(() => resolve(urlIn(said)))
    })
    if (!listensOn) return
    child.stdout?.resume()
    knocking = setInterval(() => knock(listensOn, () => settle(() => resolve(listensOn))), 50)
  })
}

/** The first address in the log is the port of the MCP surfaces. */
const urlIn = (said: string): string => /"url":"(http:[^"]+)"/.exec(said)?.[1] ?? ''

function knock(url: string, opened: () => void): void {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname, () => {
    socket.destroy()
    opened()
  })
  socket.on('error', () => {}) // nobody there yet
}
