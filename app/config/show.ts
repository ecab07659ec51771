/** The configuration for people: what is in force and where it came from, without secrets. */
import { secrets } from '../secrets.ts'
import { mask, maskPlace, maskUrl } from './mask.ts'
import { defaultTextOf, type Row } from './setting.ts'
import { rows } from './settings.ts'
import type { Settled } from './types.ts'
import { showUpstream } from './upstream/kinds.ts'

export interface Shown {
  /** As in the file: `server.admin_port`, `upstreams.NAME`. */
  key: string
  value: unknown
  origin: string
}

/** A setting with everything that is told of it. */
export interface Described extends Shown {
  help: string
  expected: string
  variable: string
  default: string | undefined
}

/** The settings of the table, without the upstreams; secrets are `******`. */
export function describeSettings(settled: Settled): Described[] {
  const shown = new Map(showConfig(settled).map((entry) => [entry.key, entry]))
  return rows.map(({ path, setting }) => ({
    ...shown.get(path)!,
    help: setting.help,
    expected: setting.shape.expected,
    variable: setting.variable,
    default: defaultTextOf(setting),
  }))
}

/** Keys whose values differ, secrets too. */
export function changedKeys({ config: before }: Settled, { config: after }: Settled): string[] {
  const differ = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other)
  const settings = rows.filter(({ words }) => differ(valueAt(before, words), valueAt(after, words))).map(({ path }) => path)
  const named = (config: Settled['config']) => new Map(config.upstreams.map((upstream) => [upstream.name, upstream]))
  const [old, fresh] = [named(before), named(after)]
  const upstreams = [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => differ(old.get(name), fresh.get(name)))
  return [...settings, ...upstreams.map((name) => `upstreams.${name}`)]
}

/** Every setting in the order of the table, then every upstream; secrets are `******`. */
export function showConfig({ config, origins }: Settled): Shown[] {
  const settings = rows.map((row) => ({ key: row.path, value: shownValue(row, valueAt(config, row.words)) }))
  const upstreams = config.upstreams.map((upstream) => ({ key: `upstreams.${upstream.name}`, value: showUpstream(upstream) }))
  return [...settings, ...upstreams].map((entry) => ({
    ...secrets.maskWithin(entry),
    origin: origins.get(entry.key) ?? 'default',
  }))
}

function valueAt(tree: unknown, words: readonly string[]): unknown {
  return words.reduce((at, word) => (at as Record<string, unknown>)[word], tree)
}

function shownValue({ setting }: Row, value: unknown): unknown {
  if (value === null || !setting.secret) return value
  if (setting.secret === 'place') return maskPlace(String(value))
  return setting.secret === 'url' ? maskUrl(String(value)) : mask
}
