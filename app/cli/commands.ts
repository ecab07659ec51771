/** `switchyard commands validate`: a folder of commands looked at before a server is started with it. */
import { resolve } from 'node:path'
import { definitionsIn, type Found, loadFolder, openJiti } from '../commands/folder.ts'
import { reportOf } from '../commands/report.ts'
import { loadConfig, processSources } from '../config.ts'
import { takeStdout } from '../surfaces/stdout.ts'
import { verbHelp } from './help.ts'
import { WrongUse } from './read.ts'
import { openScreen, type Screen } from './screen.ts'
import type { Given, Verb } from './verb.ts'

export const commands: Verb = {
  name: 'commands',
  words: ['[validate]'],
  summary: 'Check a folder of commands, without a server and without a database.',
  about: [
    'Loads the command folder as a server would, and says of each command whether it would be registered, and what is missing. The files are run, as the server runs them; no command is called.',
    'What counts as wrong is what the settings commands.strict and commands.auto_fix say. Exit codes: 0 all of them would be registered, 1 some would not, 78 wrong configuration.',
  ],
  flags: [
    { name: 'strict', help: 'Whatever the settings say: incomplete commands are wrong, and nothing is completed.' },
    { name: 'json', help: 'Print the report as JSON, for programs.' },
  ],
  examples: [
    ['commands validate --commands ./commands', 'Check a folder.'],
    ['commands validate --strict --json', 'In a pipeline: the folder of the configuration.'],
  ],
  run,
}

async function run({ flags, words: [action] }: Given): Promise<number> {
  if (action === undefined) {
    process.stdout.write(verbHelp(commands, Math.min(process.stdout.columns ?? 100, 100)))
    return 0
  }
  if (action !== 'validate') throw new WrongUse(`commands takes validate, got ${action}`)
  const sources = processSources(flags)
  const { directory, strict, autoFix } = loadConfig(sources).config.commands
  if (directory === null) throw new WrongUse('there is no command folder to check: --commands DIR names one')
  const folder = resolve(directory)
  // What the files print while they are loaded is no part of the report.
  const output = takeStdout()
  const how = flags.strict ? { strict: true, autoFix: false } : { strict, autoFix }
  const found = await loadFolder({ jiti: await openJiti(folder), folder, ...how })
  const report = reportOf(found)
  const screen = openScreen(process.stdout, sources.env)
  const text = flags.json ? `${JSON.stringify(report, null, 2)}\n` : inWords(found, screen)
  await new Promise((written) => output.write(text, written))
  return report.failed > 0 ? 1 : 0
}

/** One line for each command, and below it what is to be said of it. */
function inWords(found: readonly Found[], screen: Screen): string {
  const lines = found.flatMap((each) => linesOf(each, screen))
  const failed = found.filter(({ definition }) => !definition).length
  const count = `${found.length} in all, ${definitionsIn(found).length} fine, ${failed} failed`
  return `${[...lines, '', screen.paint(failed ? 'red' : 'green', count)].join('\n')}\n`
}

function linesOf({ file, name, definition, problems, warnings, fixed }: Found, { paint }: Screen): string[] {
  const state = definition ? (warnings.length ? 'warning' : fixed.length ? 'fixed' : 'ok') : 'failed'
  const colour = { ok: 'green', fixed: 'yellow', warning: 'yellow', failed: 'red' } as const
  return [
    `${paint(colour[state], state.padEnd(8))} ${name ?? '-'}  ${paint('grey', file)}`,
    ...problems.map((text) => `         ${text}`),
    ...warnings.map((text) => `         warning: ${text}`),
    ...fixed.map((text) => `         completed: ${text}`),
  ]
}
