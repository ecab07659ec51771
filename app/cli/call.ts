/** `switchyard call`: one tool, run here, without a server. */
import type { Caller, Json, Result } from '../call.ts'
import { loadConfig, processSources, type Settled } from '../config.ts'
import type { Life } from '../lifecycle.ts'
import { type Log, openLog, silent } from '../log.ts'
import { readArguments } from './arguments.ts'
import { findTool } from './find-tool.ts'
import { type Progress, showProgress } from './progress.ts'
import { showResult } from './result.ts'
import { openScreen } from './screen.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'
import { withoutPorts } from './without-ports.ts'

export const call: Verb = {
  name: 'call',
  words: ['NAME', '[JSON]'],
  summary: 'Run one tool here, without a server, and print what it answers.',
  about: [
    'Runs one tool in this process, with the upstreams of the configuration, and prints the text of its answer. No port is opened, and no running server is needed. The call is checked, limited and recorded in the history like any other; the caller is `cli`, who may do everything.',
    'The arguments are a JSON object; `-` reads them from stdin. Exit codes: 0 the tool answered, 1 it failed (the reason is on stderr), 78 wrong configuration.',
  ],
  flags: [{ name: 'json', help: 'Print the whole result as JSON, as an MCP client gets it.' }],
  examples: [
    [`call echo '{"message": "hi"}'`, 'Run the echo command.'],
    ['call help', 'List what can be called.'],
    ['call files_read_text_file - < arguments.json', 'A tool of the upstream files, arguments from a file.'],
  ],
  run,
}

/** The system user who starts us may read the database and the configuration anyway. */
const caller: Caller = { id: 'cli', name: 'cli', scopes: ['read', 'call', 'admin'] }

async function run({ flags, words: [name = '', json], assemble }: Given): Promise<number> {
  const sources = processSources(flags)
  const settled = loadConfig(sources)
  const wish = { kind: 'tool' as const, name, arguments: await readArguments(json, process.stdin), caller, via: 'cli' as const }
  const log = logFor(settled)
  const progress = showProgress(openScreen(process.stderr, sources.env))

  async function work(life: Life): Promise<number> {
    const { yard } = await assemble({ settled: withoutPorts(settled), life: telling(life, progress), log, baseEnv: sources.env })
    await findTool(name, yard, { stopping: life.stopping, waitingFor: (names) => progress.say(`waiting for ${names}`) })
    progress.say(`running ${name}`)
    const meta = { progressToken: 'cli' }
    const result = await yard.switch.call({ ...wish, meta, logLevel: 'info', signal: life.stopping, notify })
    progress.around(() => print(result, flags.json === true))
    progress.say('stopping')
    return result.isError === true ? 1 : 0
  }

  function notify(method: string, params: Json): void {
    if (method === 'notifications/progress') progress.say(`running ${name}: ${howFar(params)}`)
    else progress.around(() => process.stderr.write(`${params.level}: ${asText(params.data)}\n`))
  }

  try {
    return await runTask(log, work)
  } finally {
    progress.end()
  }
}

/** Only the flag asks for the log here: a LOG_LEVEL in the environment is meant for the server. */
function logFor({ config, origins }: Settled): Log {
  return origins.get('logging.level') === '--log-level' ? openLog({ level: config.logging.level, format: 'text' }) : silent
}

/** A life that tells what is being started. */
const telling = (life: Life, progress: Progress): Life => ({
  ...life,
  start(name, open) {
    progress.say(`starting ${name}`)
    return life.start(name, open)
  },
})

function print(result: Result, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return
  }
  const stream = result.isError === true ? process.stderr : process.stdout
  const { text, left } = showResult(result, stream.isTTY === true)
  if (text) stream.write(text.endsWith('\n') ? text : `${text}\n`)
  for (const part of left) process.stderr.write(`not shown: ${part}; --json prints it\n`)
}

function howFar({ progress, total, message }: Json): string {
  const done = typeof total === 'number' ? `${progress} of ${total}` : String(progress)
  return message ? `${done}, ${message}` : done
}

const asText = (data: unknown): string => (typeof data === 'string' ? data : JSON.stringify(data))
