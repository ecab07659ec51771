/** The configuration: defaults < file < environment < flags, read once, checked together, frozen. Nobody else reads the environment. */
import { homedir } from 'node:os'
import { readEnvironment } from './config/environment.ts'
import { readConfigFile } from './config/file.ts'
import { findFlag } from './config/flags.ts'
import { brokenOauthRules } from './config/oauth-rules.ts'
import { onecEntry } from './config/onec-settings.ts'
import { openFiles } from './config/open-files.ts'
import { ConfigError, shown } from './config/problems.ts'
import { brokenRules, sharedPorts, unreachableSignIns } from './config/rules.ts'
import { secretValues } from './config/secret-values.ts'
import type { Row, Sources } from './config/setting.ts'
import { rows, type Settings } from './config/settings.ts'
import type { Found } from './config/shapes.ts'
import type { Config, Settled } from './config/types.ts'
import { readUpstreams } from './config/upstreams.ts'
import { secrets } from './secrets.ts'

export { flagOptions } from './config/flags.ts'
export { letsClientsIn } from './config/oauth-rules.ts'
export { ConfigError } from './config/problems.ts'
export type { Sources } from './config/setting.ts'
export { changedKeys, describeSettings, showConfig } from './config/show.ts'
export type { Config, Settled } from './config/types.ts'
export { signsPeopleIn, type UpstreamConfig } from './config/upstream/kinds.ts'

/** What this process was started with. */
export function processSources(flags: Record<string, unknown>): Sources {
  return { flags, env: process.env, cwd: process.cwd(), home: homedir() }
}

/**
 * Settles every setting and every upstream.
 * @throws ConfigError that names all problems at once
 */
export function loadConfig(sources: Sources): Settled {
  const problems: string[] = []
  const origins = new Map<string, string>()
  const environment = readEnvironment(sources, problems)
  const file = readConfigFile(sources, environment, rows, problems)

  const values = rows.map((row) => {
    const asked = findFlag(row, sources) ?? environment.find(row) ?? file?.settings.get(row.path)
    const value = asked && read(row, asked)
    if (value !== undefined) return value
    if (!asked) origins.set(row.path, 'default')
    return defaultOf(row)
  })
  const settings = nest(values)
  const base = onecEntry(settings.onec)
  const upstreams = readUpstreams(file, settings.limits.callTimeout, sources.home, problems, base)
  if (file) for (const { name } of upstreams) origins.set(`upstreams.${name}`, file.origin)
  const single = base && (origins.get('onec.url') ?? 'default')
  if (single) origins.set('upstreams.onec', single === 'default' ? (origins.get('onec.transport') ?? single) : single)

  const config = { ...settings, upstreams }
  // From here on none of them comes out, whatever happens to the rest.
  const hidden = secretValues(config)
  secrets.add(hidden)
  problems.push(
    ...openFiles([file?.source, environment.file], hidden),
    ...brokenRules(settings, origins),
    ...sharedPorts(settings, upstreams),
    ...unreachableSignIns(settings, upstreams),
    ...brokenOauthRules(settings, upstreams, origins),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    config: freeze(config),
    origins,
    warnings: environment.warnings(rows),
    again: () => loadConfig(sources),
  }

  /** The value that was asked for, or undefined where it was refused. */
  function read({ path, setting: { shape, secret } }: Row, { raw, origin, directory }: Found): unknown {
    const value = shape.read(raw, { directory, home: sources.home })
    if (value === undefined) {
      const fault = shape.fault?.(raw) ?? `must be ${shape.expected}${secret ? '' : `, got ${shown(raw)}`}`
      problems.push(`${path} ${fault} (${origin})`)
    } else origins.set(path, origin)
    return value
  }

  function defaultOf({ setting }: Row): unknown {
    const raw = typeof setting.default === 'function' ? setting.default(sources) : setting.default
    return raw === null ? null : setting.shape.read(raw, { directory: sources.cwd, home: sources.home })
  }
}

/** Puts the values of all rows into the tree that the table has. */
function nest(values: readonly unknown[]): Settings {
  const root: Record<string, unknown> = {}
  for (const [index, { words }] of rows.entries()) {
    let section = root
    for (const word of words.slice(0, -1)) {
      section[word] ??= {}
      section = section[word] as Record<string, unknown>
    }
    section[words.at(-1)!] = values[index]
  }
  // The table's own type says what its rows read; only the tree was lost in between.
  return root as Settings
}

function freeze(config: Config): Config {
  const inside: unknown[] = [config]
  for (const value of inside) {
    if (typeof value !== 'object' || value === null) continue
    inside.push(...Object.values(Object.freeze(value)))
  }
  return config
}
