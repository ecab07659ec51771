/** The help: what this is, in a minute. */
import { version } from '../version.ts'
import { row, wrap } from './columns.ts'
import { type Flag, groupedFlags, labelOf } from './flags.ts'
import type { Verb } from './verb.ts'

const program = 'switchyard'
const indent = '  '
/** Characters for the names; a longer one has its description on the next line. */
const nameWidth = 28

/** `switchyard --help`. @param width characters of a line */
export function generalHelp(verbs: readonly Verb[], width: number): string {
  return page([
    wrap(
      `Switchyard ${version} puts the tools of your own systems in front of AI clients: one MCP server and gateway, with a web panel to watch it.`,
      width,
    ).join('\n'),
    `Usage: ${program} [VERB] [FLAGS]`,
    section(
      'Verbs',
      verbs.map((verb) => [usageOf(verb), verb.summary]),
      width,
    ),
    flagSections(width),
    wrap(
      `Each setting can also be a variable, as named here, or stand in the configuration file. Some, such as DATABASE_URL, REDIS_URL and SECRET_KEY, have no flag: docs/settings.md describes them all.`,
      width,
    ).join('\n'),
    section('Examples', verbs.flatMap(({ examples }, index) => examples.slice(0, index === 0 ? 2 : 1)).map(asCommand), width),
    `Help for one verb: ${program} check --help`,
  ])
}

/** `switchyard VERB --help`. */
export function verbHelp(verb: Verb, width: number): string {
  const settings =
    verb.name === 'serve'
      ? flagSections(width)
      : wrap(`The flags of \`${program} --help\` work here too: --config, --data-dir, --log-level and all others.`, width).join(
          '\n',
        )
  return page([
    `Usage: ${program} ${usageOf(verb)} [FLAGS]`,
    ...verb.about.map((paragraph) => wrap(paragraph, width).join('\n')),
    ...(verb.flags.length ? [section('Flags', verb.flags.map(describe), width)] : []),
    settings,
    section('Examples', verb.examples.map(asCommand), width),
  ])
}

const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`

const usageOf = ({ name, words }: Verb): string => [name, ...words].join(' ')

const asCommand = ([line, does]: readonly [string, string]): readonly [string, string] => [`${program} ${line}`.trim(), does]

const flagSections = (width: number): string =>
  [...groupedFlags()].map(([heading, flags]) => section(heading, flags.map(describe), width)).join('\n\n')

function describe(flag: Flag): readonly [string, string] {
  const facts = [...(flag.default === undefined ? [] : [`default ${flag.default}`]), ...(flag.variable ? [flag.variable] : [])]
  return [labelOf(flag), facts.length ? `${flag.help} (${facts.join('; ')})` : flag.help]
}

function section(heading: string, entries: readonly (readonly [string, string])[], width: number): string {
  const textWidth = width - indent.length - nameWidth - 2
  const lines = entries.map(([name, text]) =>
    name.length <= nameWidth ? row([name, text], [nameWidth, textWidth]) : `${name}\n${row(['', text], [nameWidth, textWidth])}`,
  )
  return [`${heading}:`, ...lines.flatMap((line) => line.split('\n')).map((line) => indent + line)].join('\n')
}
