/** The command line, made from the settings table. */
import type { Options } from 'yargs'
import { defaultTextOf, type Row, type Sources } from './setting.ts'
import { rows } from './settings.ts'
import { type Found, yesNo } from './shapes.ts'

/** The two flags that say where else to look. They are no settings: they have no place in a file. */
export const sourceFlags: readonly { flag: string; help: string; variable?: string }[] = [
  {
    flag: 'config',
    help: 'Configuration file, YAML or JSON; without it, switchyard.yaml in the current directory if there is one.',
    variable: 'MCP_CONFIG',
  },
  { flag: 'env-file', help: 'File with variables, one NAME=value a line; those of the real environment win.' },
]

/**
 * All flags, for yargs' `.options()`; unknown ones are refused by its `.strictOptions()`. None has a default there, because a default
 * would look like something that a person asked for: values are read and checked by `loadConfig`.
 */
export const flagOptions: Record<string, Options> = Object.fromEntries([
  ...sourceFlags.map(({ flag, help, variable }) => [flag, option(help, variable)]),
  ...rows.flatMap((row) => (row.setting.flag ? [[row.setting.flag, optionOf(row)]] : [])),
])

function optionOf({ setting }: Row): Options {
  const defaultDescription = defaultTextOf(setting)
  if (setting.shape === yesNo) return { type: 'boolean', describe: described(setting.help, setting.variable), defaultDescription }
  return { ...option(setting.help, setting.variable), defaultDescription }
}

function option(help: string, variable?: string): Options {
  return { type: 'string', requiresArg: true, describe: described(help, variable) }
}

function described(help: string, variable?: string): string {
  return variable ? `${help} (${variable})` : help
}

/** What the command line says about a setting. */
export function findFlag({ setting: { flag } }: Row, { flags, cwd }: Sources): Found | undefined {
  const raw = flag === undefined ? undefined : flags[flag]
  if (raw === undefined) return undefined
  return { raw, origin: raw === false ? `--no-${flag}` : `--${flag}`, directory: cwd }
}
