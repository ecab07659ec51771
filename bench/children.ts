/** The servers that are measured: each a process of its own, ready when its log says so. */
import { type ChildProcess, spawn } from 'node:child_process'
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
  { env = {}, place = 'server', channel = false, onSpawn }: ChildOptions = {},
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
    const said = await readyLine(child, gone)
    return { process: child, pid: child.pid!, url: urlIn(said), readyAfter: performance.now() - began, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Everything that it wrote to stderr until it was ready. */
function readyLine(child: ChildProcess, gone: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string) => reject(new Error(`${child.spawnargs.join(' ')} ${why}:\n${said.slice(-2_000)}`))
    const timer = setTimeout(() => fail(`was not ready after ${longestStart / 1000} s`), longestStart)
    void gone.then(() => fail('ended'))
    child.once('error', reject)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (!said.includes('"msg":"ready"')) return
      clearTimeout(timer)
      child.stderr?.removeAllListeners('data').resume()
      resolve(said)
    })
  })
}

/** The first address in the log is the port of the MCP surfaces. */
const urlIn = (said: string): string => /"url":"(http:[^"]+)"/.exec(said)?.[1] ?? ''
