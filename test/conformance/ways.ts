/** The whole system with the fixture in it, in the three ways that a client may meet it. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../app/root.ts'
import { connect } from '../clients.ts'
import { start } from '../start.ts'
import { until } from '../until.ts'
import { startNewServer } from './new-server.ts'

export interface Running {
  /** Of /mcp; the suite wants it to say localhost. */
  readonly url: string
  stop(): Promise<void>
}

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

/** Behind us a server of the session era, over stdio. */
export function overOldServer(): Promise<Running> {
  const program = { command: process.execPath, args: ['--import', 'tsx', join(here, 'old-server.ts')], cwd: packageRoot }
  return running({ mcpServers: { fixture: { ...program, prefix: '' } } })
}

/** Behind us a server of 2026-07-28, over HTTP. */
export async function overNewServer(): Promise<Running> {
  const server = await startNewServer()
  return running({ mcpServers: { fixture: { url: server.url, prefix: '' } } }, () => server.stop())
}

async function running(file: Record<string, unknown>, clean: () => Promise<void> = async () => {}): Promise<Running> {
  try {
    const system = await start({ file, env })
    const stop = async () => {
      await system.stop()
      await clean()
    }
    try {
      await listed(system.url)
    } catch (error) {
      await stop()
      throw error
    }
    return { url: `${system.url.replace('127.0.0.1', 'localhost')}/mcp`, stop }
  } catch (error) {
    await clean()
    throw error
  }
}

async function listed(url: string): Promise<void> {
  const client = await connect('http', url)
  const isThere = async () => (await client.listTools()).tools.some(({ name }) => name === 'test_simple_text')
  await until('the fixture is listed', isThere).finally(() => client.close())
}
