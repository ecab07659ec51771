/** A real nginx with our own configuration, in which only what belongs to the place is exchanged: ports, replicas, folders. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../services/free-port.ts'

const shipped = new URL('../../deploy/nginx.conf', import.meta.url)

export interface Nginx {
  /** Where port 9090 is now, as a base URL without a slash at its end. */
  readonly mcp: string
  /** Where port 9091 is now. */
  readonly panel: string
  /** All that it has logged so far. */
  log(): string
  stop(): Promise<void>
}

/**
 * Starts nginx in front of replicas on 127.0.0.1. It believes X-Forwarded-For, so that a test can call from any address.
 * @param replicas the ports that stand for `switchyard:9090` and for `switchyard:9091`
 */
export async function startNginx(nginx: string, replicas: { mcp: number[]; panel: number[] }): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-nginx-'))
  chmodSync(folder, 0o755) // its workers are another user when we are root
  const ports = { mcp: await freePort(), panel: await freePort() }
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, adapt(readFileSync(shipped, 'utf8'), folder, ports, replicas))
  const output = join(folder, 'log')
  const fd = openSync(output, 'a')
  const globals = `daemon off; pid ${folder}/nginx.pid;${process.getuid?.() === 0 ? ' user root;' : ''}`
  const child = spawn(nginx, ['-e', 'stderr', '-p', folder, '-c', file, '-g', globals], { stdio: ['ignore', fd, fd] })
  closeSync(fd)
  const log = () => readFileSync(output, 'utf8')

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
  }

  try {
    for (const port of [ports.mcp, ports.panel]) await listening(port, child)
  } catch (error) {
    const said = log()
    await stop()
    throw new Error(`nginx did not start:\n${said}`, { cause: error })
  }
  return { mcp: `http://127.0.0.1:${ports.mcp}`, panel: `http://127.0.0.1:${ports.panel}`, log, stop }
}

/** Every exchange must hit: a configuration that has changed its wording would otherwise be tested against itself. */
function adapt(
  text: string,
  folder: string,
  ports: Record<'mcp' | 'panel', number>,
  replicas: Record<'mcp' | 'panel', number[]>,
): string {
  const servers = (list: number[]) => list.map((port) => `server 127.0.0.1:${port};`).join(' ')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/temp/${name};`)
    .join(' ')
  mkdirSync(join(folder, 'temp'))
  const exchanges: [string, string][] = [
    ['http {', `http { ${temporary} set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;`],
    ['server switchyard:9090 resolve;', servers(replicas.mcp)],
    ['server switchyard:9091 resolve;', servers(replicas.panel)],
    ['listen 9090;', `listen 127.0.0.1:${ports.mcp};`],
    ['listen 9091;', `listen 127.0.0.1:${ports.panel};`],
  ]
  return exchanges.reduce((current, [from, to]) => {
    if (current.split(from).length !== 2) throw new Error(`deploy/nginx.conf must hold "${from}" once`)
    return current.replace(from, to)
  }, text)
}

/** Returns when somebody answers on the port; throws when the process has ended before. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, '127.0.0.1')
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (open) return
    await pause(10)
  }
  throw new Error('it has ended')
}
