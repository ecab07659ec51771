/** The configuration for people: what is in force and where it came from, without secrets. */
import { mask, maskUrl } from './mask.ts'
import type { Row } from './setting.ts'
import { rows } from './settings.ts'
import type { Settled } from './types.ts'
import { showUpstream } from './upstream/kinds.ts'

export interface Shown {
  /** As in the file: `server.admin_port`, `upstreams.NAME`. */
  key: string
  value: unknown
  origin: string
}

/** Every setting in the order of the table, then every upstream; secrets are `******`. */
export function showConfig({ config, origins }: Settled): Shown[] {
  const settings = rows.map((row) => ({ key: row.path, value: shownValue(row, valueAt(config, row.words)) }))
  const upstreams = config.upstreams.map((upstream) => ({ key: `upstreams.${upstream.name}`, value: showUpstream(upstream) }))
  return [...settings, ...upstreams].map((entry) => ({ ...entry, origin: origins.get(entry.key) ?? 'default' }))
}

function valueAt(tree: unknown, words: readonly string[]): unknown {
  return words.reduce((at, word) => (at as Record<string, unknown>)[word], tree)
}

function shownValue({ setting }: Row, value: unknown): unknown {
  if (value === null || !setting.secret) return value
  return setting.secret === 'url' ? maskUrl(String(value)) : mask
}
