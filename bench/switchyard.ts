/** Our own server as it is built, with everything on that costs: rate limit, validation, buffered audit. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../app/root.ts'
import { type Child, type ChildOptions, startNode } from './children.ts'
import { temporaryDirectory } from './opened.ts'

export interface SwitchyardOptions extends ChildOptions {
  transport?: 'sse' | 'stdio'
  /** PostgreSQL to use; the embedded database without it. */
  databaseUrl?: string
  /** A data directory that has been used before; a new one without it. */
  dataDir?: string
  /** What stands in its configuration file. */
  config?: Readonly<Record<string, unknown>>
  /** Flags of node itself. */
  nodeFlags?: readonly string[]
  /** The built program. */
  program?: string
}

/** High enough never to be reached, so that every call is counted and none refused. */
const limits = {
  RATE_LIMIT_REQUESTS: '1000000',
  MCP_MAX_SESSIONS: '100000',
  MCP_MAX_CONNECTIONS: '100000',
  MCP_CONCURRENT_PER_CALLER: '100000',
  MCP_LOOP_LAG: '1m',
}

export async function startSwitchyard(options: SwitchyardOptions = {}): Promise<Child> {
  const { transport = 'sse', databaseUrl, nodeFlags = [], env, program = join(packageRoot, 'dist', 'main.js') } = options
  const dataDir = options.dataDir ?? (await temporaryDirectory())
  const flags = ['--transport', transport, '--port', '0', '--admin-port', '0', '--data-dir', dataDir, '--log-format', 'json']
  if (options.config) {
    const file = join(await temporaryDirectory(), 'switchyard.json')
    await writeFile(file, JSON.stringify(options.config))
    flags.push('--config', file)
  }
  return startNode([...nodeFlags, program, ...flags], {
    ...options,
    env: { HOME: dataDir, MCP_STOP_DELAY: '0', ...limits, ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}), ...env },
  })
}
