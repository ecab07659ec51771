/** The command line: which verb, with which flags, and how the process ends. */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generalHelp, verbHelp } from './cli/help.ts'
import { verbs } from './cli/index.ts'
import { readWords, WrongUse } from './cli/read.ts'
import { ConfigError } from './config.ts'
import { Failure } from './errors.ts'
import { secrets } from './secrets.ts'
import { NewerDatabase } from './store/migrations.ts'
import type { Assemble } from './system.ts'
import { version } from './version.ts'

/** EX_CONFIG of sysexits.h: started in a way that cannot work, so starting again is of no use. */
const wrongConfiguration = 78

/** Whether this module is the program that was started, also through a link as npm makes one for `bin`. */
export const isEntry = (moduleUrl: string): boolean =>
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(moduleUrl)

/** Runs the verb, and ends the process with its exit code. */
export async function runCli(words: readonly string[], assemble: Assemble): Promise<void> {
  // Whoever reads us may stop reading (`| head`); the results then have nowhere to go, and that is all.
  process.stdout.on('error', () => {})
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) process.on(event, endBy(event))
  const code = await run(words, assemble).catch(explain)
  await new Promise((written) => process.stdout.write('', written))
  process.exit(code)
}

async function run(words: readonly string[], assemble: Assemble): Promise<number> {
  const { verb, named, given } = readWords(words, verbs)
  if (given.flags.version) process.stdout.write(`${version}\n`)
  else if (given.flags.help) process.stdout.write(named ? verbHelp(verb, helpWidth()) : generalHelp(verbs, helpWidth()))
  else return verb.run({ ...given, assemble })
  return 0
}

/** What nobody caught ends the process as it always does, except that no secret is shown. The server has a listener of its own, which counts then. */
const endBy = (event: 'uncaughtException' | 'unhandledRejection') => (error: unknown) => {
  if (process.listenerCount(event) === 1) process.exit(explain(error))
}

/** Says on stderr what went wrong, and gives the exit code for it. What nobody foresaw shows where it came from. */
function explain(error: unknown): number {
  if (error instanceof ConfigError || error instanceof WrongUse || error instanceof NewerDatabase) {
    process.stderr.write(`${error.message}\n`)
    return wrongConfiguration
  }
  const foreseen = error instanceof Failure
  const said = foreseen ? error.message : `internal error: ${error instanceof Error ? error.stack : error}`
  process.stderr.write(`${secrets.mask(said)}\n`)
  return 1
}

/** Longer lines are hard to read. */
const helpWidth = () => Math.min(process.stdout.columns ?? 100, 100)
