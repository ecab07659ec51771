/** `switchyard config`: what is in force, and who said so. */
import { loadConfig, processSources, showConfig } from '../config.ts'
import { secrets } from '../secrets.ts'
import { row, widthsOf } from './columns.ts'
import { openScreen } from './screen.ts'
import type { Given, Verb } from './verb.ts'

export const config: Verb = {
  name: 'config',
  words: [],
  summary: 'Show every setting that is in force, and where it comes from.',
  about: [
    'Prints every setting: its key in the configuration file, the value in force, and where that came from: a default, the file, a variable or a flag. Secrets are shown as ******. When something is wrong it says all that is wrong, and ends with 78.',
  ],
  flags: [{ name: 'json', help: 'Print a JSON list instead, for programs.' }],
  examples: [
    ['config', 'Show what a server started here would run with.'],
    ['config --config prod.yaml --env-file prod.env', 'Try a configuration before it is used.'],
    ['config --json', 'The same for programs: [{ "key", "value", "origin" }, ...].'],
  ],
  run,
}

async function run({ flags }: Given): Promise<number> {
  const sources = processSources(flags)
  const settled = loadConfig(sources)
  for (const warning of settled.warnings) process.stderr.write(secrets.mask(`warning: ${warning}\n`))
  const entries = showConfig(settled)
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`)
    return 0
  }
  const screen = openScreen(process.stdout, sources.env)
  const cells = [['KEY', 'VALUE', 'ORIGIN'], ...entries.map(({ key, value, origin }) => [key, inWords(value), origin])]
  const widths = widthsOf(cells, { width: screen.width, gives: 1 })
  for (const [index, each] of cells.entries()) {
    const line = row(each, widths, screen.live)
    screen.write(`${index === 0 || each[2] === 'default' ? screen.paint('grey', line) : line}\n`)
  }
  return 0
}

/** A value on one line, much as YAML would have it; what is empty inside of something is left out. */
function inWords(value: unknown): string {
  if (isEmpty(value)) return '-'
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.map(inside).join(', ')
  return Object.entries(value as object)
    .filter(([, each]) => !isEmpty(each))
    .map(([name, each]) => `${name}: ${inside(each)}`)
    .join(', ')
}

function inside(value: unknown): string {
  if (typeof value !== 'object' || isEmpty(value)) return inWords(value)
  return Array.isArray(value) ? `[${inWords(value)}]` : `{ ${inWords(value)} }`
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
