/** Tries this program over stdio, started the way an AI client starts it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Probe } from './probe.ts'
import { adHoc, type BaseEnv, tryMcp } from './probe-mcp.ts'

/**
 * It gets a data directory of its own, which is removed afterwards, and the user's commands, but neither upstreams nor the real database:
 * those are tried elsewhere, and a second set of children is more than a check should cost.
 */
export const stdioProbe = ({ commands }: Config, baseEnv: BaseEnv): Probe => ({
  name: 'stdio',
  what: 'this program',
  async attempt(signal) {
    const folder = await mkdtemp(join(tmpdir(), 'switchyard-check-'))
    try {
      const config = join(folder, 'switchyard.json')
      await writeFile(config, '{}')
      const flags = ['--transport', 'stdio', '--no-admin', '--config', config, '--data-dir', join(folder, 'data')]
      if (commands.directory) flags.push('--commands', commands.directory)
      const args = [...process.execArgv, process.argv[1]!, 'serve', ...flags]
      const program = { type: 'stdio' as const, command: process.execPath, args, env: {}, cwd: folder }
      return await tryMcp(adHoc('stdio', program), baseEnv, signal)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})
