/** The flags as the command line shows and reads them: those of the settings table, grouped, and the ones that verbs add. */
import { flagOptions, sourceFlags } from '../config/flags.ts'
import { defaultTextOf, type Row } from '../config/setting.ts'
import { rows } from '../config/settings.ts'
import { yesNo } from '../config/shapes.ts'

export interface Flag {
  /** Without dashes. */
  readonly name: string
  /** What stands for its value in the help; without one it is a switch. */
  readonly value?: string
  /** A switch that only makes sense turned off: shown as `--no-NAME`. */
  readonly off?: boolean
  /** May be given several times, and several values after it. */
  readonly many?: boolean
  readonly help: string
  readonly default?: string
  readonly variable?: string
}

/** The flags of every verb. */
export const commonFlags: readonly Flag[] = [
  { name: 'help', help: 'Show this help, or that of a verb.' },
  { name: 'version', help: 'Show the version.' },
]

/** Which heading a section of the settings stands under; what is not named here is under Other. */
const headings: Record<string, string> = {
  server: 'Servers',
  data_dir: 'Storage',
  database: 'Storage',
  redis: 'Storage',
  audit: 'Storage',
  logging: 'Logging',
  auth: 'Security',
  secret_key: 'Security',
}

/** Every flag that is there for all verbs, under its heading, in the order of the help. */
export function groupedFlags(): Map<string, Flag[]> {
  const groups = new Map<string, Flag[]>(['Servers', 'Storage', 'Logging', 'Security', 'Other'].map((heading) => [heading, []]))
  for (const row of rows) {
    const flag = flagOf(row)
    if (flag) groups.get(headings[row.path.split('.')[0]!] ?? 'Other')!.push(flag)
  }
  const sources = sourceFlags.map(({ flag, help, variable }) => ({ name: flag, value: 'FILE', help, variable }))
  groups.get('Other')!.unshift(...sources)
  groups.get('Other')!.push(...commonFlags)
  return groups
}

/** For yargs. */
export const optionsOf = (own: readonly Flag[]) => ({
  ...flagOptions,
  ...Object.fromEntries(
    [...commonFlags, ...own].map(({ name, value, many }) => [
      name,
      many
        ? { type: 'string' as const, array: true, requiresArg: true }
        : value
          ? { type: 'string' as const, requiresArg: true }
          : { type: 'boolean' as const },
    ]),
  ),
})

/** `--port NUMBER`, `--admin, --no-admin` */
export function labelOf({ name, value, off, many }: Flag): string {
  if (value === 'yes|no') return `--${name}, --no-${name}`
  return `--${off ? 'no-' : ''}${name}${value ? ` ${value}` : ''}${many ? ' ...' : ''}`
}

function flagOf({ setting }: Row): Flag | undefined {
  const { flag, help, variable, shape } = setting
  if (!flag) return undefined
  const value = shape === yesNo ? 'yes|no' : placeholderFor(shape.expected)
  return { name: flag, value, help, default: defaultTextOf(setting), variable }
}

/** What a shape says is expected, as short as a usage line needs it: the words to choose from, or a kind of value. */
function placeholderFor(expected: string): string {
  const choice = /^(?:\w+, )*\w+ or \w+$/.test(expected)
  if (choice) return expected.replace(' or ', ', ').split(', ').join('|')
  if (/^\d/.test(expected)) return 'NUMBER'
  const kind = /\b(path|host|URL)\b/.exec(expected)?.[1]
  return kind?.toUpperCase() ?? 'VALUE'
}
