/** The one server that everything hostile goes to, and what it looks like from outside: alive, its log, its memory, its sessions. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../app/root.ts'
import { startProcess } from '../start.ts'
import type { Way } from './entry.ts'
import { openSse } from './ways/sse.ts'
import { createStdio } from './ways/stdio.ts'
import { openModern, openStreamable } from './ways/streamable.ts'
import type { Opening, Talk } from './ways/talk.ts'
import { openWebsocket } from './ways/websocket.ts'

export interface Server {
  readonly url: string
  readonly pid: number
  alive(): boolean
  open(way: Way, opening: Opening): Promise<Talk>
  /** Lines of the log with the level error, and what is no log line at all. */
  complaints(): string[]
  /** Resident memory, in MiB. */
  memory(): number
  /** MCP sessions that are open now, over every way. */
  sessions(): Promise<number>
  /** Asks it to stop, and gives the exit code. */
  stop(): Promise<number>
}

export async function startServer(): Promise<Server> {
  const flags = ['--transport', 'both', '--no-admin', '--commands', join(packageRoot, 'test', 'hostile', 'commands')]
  const started = await startProcess(flags, { file: { rate_limit: { requests: 0 } } })
  const { child, pid } = started
  const url = started.url()
  const stdio = createStdio(started)
  const open: Record<Way, (opening: Opening) => Promise<Talk>> = {
    http: (opening) => openStreamable(url, opening),
    modern: () => openModern(url),
    sse: (opening) => openSse(url, opening),
    ws: (opening) => openWebsocket(url, opening),
    stdio: (opening) => stdio.open(opening),
  }
  return {
    url,
    pid,
    alive: () => child.exitCode === null && child.signalCode === null,
    open: (way, opening) => open[way](opening),
    complaints: () =>
      started
        .stderr()
        .split('\n')
        .filter((line) => line !== '' && !/"level":"(debug|info|warn)"/.test(line)),
    memory: () => Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1024),
    async sessions() {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(/^\S*sessions_open (\d+)$/m.exec(text)?.[1])
    },
    async stop() {
      started.signal('SIGTERM')
      const code = await started.exited
      await started.clean()
      return code
    },
  }
}
