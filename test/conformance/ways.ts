/** The whole system with the fixture in it, in the three ways that a client may meet it; and the fixture without the system. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../app/root.ts'
import { connect } from '../clients.ts'
import { start } from '../start.ts'
import { until } from '../until.ts'
import { startNewServer } from './new-server.ts'

export interface Running {
  /** Of /mcp. */
  readonly url: string
  stop(): Promise<void>
}

/** The suite wants it to say so. */
const named = (url: string) => url.replace('127.0.0.1', 'localhost')
const here = join(packageRoot, 'test', 'conformance')
/** Calls come as fast as the suite can. */
const env = { RATE_LIMIT_REQUESTS: '0' }

/** The fixture's command files, in a copy that their tools may change. */
export async function direct(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-commands-'))
  await cp(join(here, 'commands'), folder, { recursive: true })
  const remove = () => rm(folder, { recursive: true, force: true })
  return running({ commands: { commands_directory: folder } }, remove)
}

/** Behind us a server of the session era, over stdio: one of it for each client, so it is bundled to begin quickly. */
export async function overOldServer(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-old-server-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const outfile = join(folder, 'old-server.mjs')
  await build({
    entryPoints: [join(here, 'old-server.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    logLevel: 'error',
  })
  return running({ mcpServers: { fixture: { command: process.execPath, args: [outfile], prefix: '' } } }, remove)
}

/** Behind us a server of 2026-07-28, over HTTP. */
export async function overNewServer(): Promise<Running> {
  const server = await startNewServer()
  return running({ mcpServers: { fixture: { url: server.url, prefix: '' } } }, () => server.stop())
}

/** The server of 2026-07-28 itself: what it fails in is not our fault. */
export async function newServerAlone(): Promise<Running> {
  const { url, stop } = await startNewServer()
  return { url: named(url), stop }
}

/** @param clean what is left to do when the system has stopped, or has not begun */
async function running(file: Record<string, unknown>, clean: () => Promise<void> = async () => {}): Promise<Running> {
  const undo = [clean]
  async function stop() {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  try {
    const system = await start({ file, env })
    undo.push(() => system.stop())
    await listed(system.url)
    return { url: named(`${system.url}/mcp`), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function listed(url: string): Promise<void> {
  const client = await connect('http', url)
  const isThere = async () => (await client.listTools()).tools.some(({ name }) => name === 'test_simple_text')
  await until('the fixture is listed', isThere).finally(() => client.close())
}
