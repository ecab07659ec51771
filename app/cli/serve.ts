/** `switchyard serve`: this process becomes the server. */
import { ConfigError, loadConfig, processSources } from '../config.ts'
import { Failure } from '../errors.ts'
import { PortTaken } from '../http.ts'
import { createLife, runProcess } from '../lifecycle.ts'
import { openLog } from '../log.ts'
import { NewerDatabase } from '../store/migrations.ts'
import { takeStdout } from '../surfaces/stdout.ts'
import { version } from '../version.ts'
import type { Given, Verb } from './verb.ts'

export const serve: Verb = {
  name: 'serve',
  words: [],
  summary: 'Start the server. This is what happens without a verb.',
  about: [
    'Starts the server: port 9090 for AI clients and services, port 9091 for the web panel, or stdio for the client that started it. It runs until it gets Ctrl-C (SIGINT) or SIGTERM. Without a configuration it serves its own commands and keeps its data in the data directory; nothing else has to be installed.',
    'The log goes to stderr. Exit codes: 0 stopped as asked, 1 failed, 78 wrong configuration, 128+n ended by a second signal n.',
  ],
  flags: [],
  examples: [
    ['', 'Start: panel on http://127.0.0.1:9091, MCP on port 9090.'],
    ['--config switchyard.yaml --port 8080', 'Start with a configuration file, on another port.'],
    ['--transport stdio --no-admin', 'As an AI client starts it: MCP over stdio alone.'],
  ],
  run,
}

/** Runs until it is asked to stop. */
async function run({ flags, assemble }: Given): Promise<number> {
  const settled = loadConfig(processSources(flags))
  const { logging, server } = settled.config
  const format = logging.format === 'auto' ? (process.stderr.isTTY ? 'text' : 'json') : logging.format
  const log = openLog({ ...logging, format })
  // Before anything runs that might print. Without stdio too: a command that prints must not find a closed pipe there.
  const output = takeStdout()
  const stdio = server.transport === 'sse' ? undefined : { input: process.stdin, output }
  const life = createLife(log)
  try {
    return await runProcess(life, log, async () => {
      log.info('starting', { version, node: process.versions.node, transport: server.transport })
      for (const warning of settled.warnings) log.warn('configuration', { warning })
      const system = await assemble({ settled, life, log, baseEnv: processSources({}).env, stdio })
      log.info('ready', { ms: Math.round(process.uptime() * 1000) })
      void welcome(system.firstLink, log)
    })
  } catch (error) {
    if (error instanceof ConfigError || error instanceof NewerDatabase) throw error
    // What a person can mend is one line that says how; a stack would only hide it.
    const expected = error instanceof PortTaken || error instanceof Failure
    log.error('failed', expected ? { reason: error.message } : { error })
    return 1
  } finally {
    await log.stop()
  }
}

/** Nobody can sign in yet: whoever started us, and sees this, becomes the first admin. Never logged: a log is read by others. */
async function welcome(
  firstLink: () => Promise<string | undefined>,
  log: { warn(event: string, fields: Record<string, unknown>): void },
): Promise<void> {
  try {
    const link = await firstLink()
    if (link) process.stderr.write(`\nOpen this link to choose the admin password (it works once, for 24 hours):\n  ${link}\n\n`)
  } catch (error) {
    log.warn('no sign-in link', { error })
  }
}
