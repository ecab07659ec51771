/** One Switchyard for all clients: built, on SSE, with the commands beside this file and an upstream of the revisions with sessions behind it. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../app/root.ts'
import { freePort } from '../services/free-port.ts'
import { run } from '../services/programs.ts'
import { until } from '../until.ts'
import type { Transport, Way } from './clients/client.ts'

export interface Server {
  /** Of port 9090, without a path. */
  readonly url: string
  /** The environment of clients, whose files are removed with the server's. */
  readonly env: NodeJS.ProcessEnv
  /** A way that nobody else uses: over stdio the client starts a Switchyard of its own, on the data directory of this one. */
  way(transport: Transport): Way
  /** Settles when no process that this way has started is left. */
  left(way: Way): Promise<void>
  stop(): Promise<void>
}

const program = join(packageRoot, 'dist', 'main.js')
const everything = join(packageRoot, 'node_modules', '@modelcontextprotocol', 'server-everything', 'dist', 'index.js')
const paths = { sse: '/sse', http: '/mcp', websocket: '/ws' }

/** @throws when it does not start, with the last that it printed */
export async function startServer(): Promise<Server> {
  const home = await mkdtemp(join(tmpdir(), 'switchyard-compatibility-'))
  const commands = join(home, 'commands')
  // A copy, because some of the commands write into their folder.
  cpSync(join(packageRoot, 'test', 'compatibility', 'commands'), commands, { recursive: true })
  const port = await freePort()
  const file = JSON.stringify({
    server: { port, admin_port: await freePort() },
    data_dir: join(home, 'data'),
    commands: { commands_directory: commands },
    // All clients together are one caller here, and call more in a minute than one person would.
    rate_limit: { requests: 0 },
    mcpServers: { everything: { command: process.execPath, args: [everything, 'stdio'] } },
  })
  let configs = 0
  function config(): string {
    const path = join(home, `switchyard-${++configs}.json`)
    writeFileSync(path, file)
    return path
  }

  const temporary = join(home, 'tmp')
  mkdirSync(temporary)
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: temporary }
  const options = { cwd: home, env: { ...env, MCP_STOP_DELAY: '0' } }
  const server = await run(process.execPath, [program, '--transport', 'sse', '--config', config()], options)
  const url = `http://127.0.0.1:${port}`

  async function stop(): Promise<void> {
    server.child.kill('SIGTERM')
    await server.ended
    await rm(home, { recursive: true, force: true })
  }

  try {
    await until('Switchyard is ready, with its upstream', async () => {
      if (server.child.exitCode !== null) return true
      const response = await fetch(new URL('/health', url))
      return ((await response.json()) as { status: string }).status === 'healthy'
    })
    if (server.child.exitCode !== null) throw new Error(`Switchyard has ended: ${server.printed()}`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    env,
    way(transport) {
      if (transport !== 'stdio') return { transport, address: [addressOf(url, transport)] }
      return { transport, address: [process.execPath, program, '--transport', 'stdio', '--config', config()] }
    },
    async left({ transport, address }) {
      const own = address.at(-1) ?? ''
      if (transport === 'stdio') await until(`no process is left of ${own}`, () => !isArgument(own), 10_000)
    },
    stop,
  }
}

function addressOf(url: string, transport: keyof typeof paths): string {
  return new URL(paths[transport], transport === 'websocket' ? url.replace('http', 'ws') : url).href
}

/** Whether a program that runs now was given this argument; where there is no /proc nobody can tell. */
function isArgument(argument: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return false
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && argumentsOf(name).includes(argument))
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
