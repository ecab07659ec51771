/** The servers behind us, from `upstreams` in our own words and from `mcpServers` as Claude Desktop and Cursor write it. */

import { nearest } from '../nearest.ts'
import { type ConfigFile, isMapping } from './file.ts'
import { kindOf, shown } from './problems.ts'
import type { Entry, Report } from './upstream/entry.ts'
import { kindNames, kinds, type UpstreamConfig } from './upstream/kinds.ts'

/**
 * @param timeout seconds, for an upstream that says nothing else
 * @param problems takes one sentence for everything that is wrong
 * @param onec a base that the settings describe
 */
export function readUpstreams(
  file: Pick<ConfigFile, 'origin' | 'directory' | 'upstreams' | 'mcpServers'> | undefined,
  timeout: number,
  home: string,
  problems: string[],
  onec?: Entry,
): UpstreamConfig[] {
  const report: Report = (problem) => problems.push(file ? `${problem} (${file.origin})` : problem)
  const told = (entry: Entry): Told => ({ kind: 'onec', entry })
  const entries = [
    ...ownEntries(file?.upstreams, report),
    ...clientEntries(file?.mcpServers, report),
    ...(onec ? [told(onec)] : []),
  ]
  for (const [index, { entry }] of entries.entries()) {
    const { name, label } = entry
    const before = entries.slice(0, index).find((other) => other.entry.name === name)
    if (before) report(`two upstreams are called ${name}: ${before.entry.label} and ${label}; give one of them another name`)
  }
  const context = { place: { directory: file?.directory ?? '', home }, timeout, report }
  return entries.flatMap(({ kind, entry }) => kinds[kind].read(entry, context) ?? [])
}

interface Told {
  readonly kind: UpstreamConfig['kind']
  readonly entry: Entry
}

const kindOfUpstream = (raw: unknown): UpstreamConfig['kind'] | undefined =>
  typeof raw === 'string' && Object.hasOwn(kinds, raw) ? (raw as UpstreamConfig['kind']) : undefined

/** `upstreams`: a list, in which every member must be known. */
function ownEntries(upstreams: unknown, report: Report): Told[] {
  if (upstreams === undefined || upstreams === null) return []
  if (!Array.isArray(upstreams)) {
    report(`upstreams must be a list of entries with name and kind, got ${kindOf(upstreams)}`)
    return []
  }
  return upstreams.flatMap((members: unknown, index) => {
    const place = `upstreams[${index}]`
    if (!isMapping(members)) {
      report(`${place} must be a mapping with name and kind, got ${kindOf(members)}`)
      return []
    }
    const name = String(members.name ?? '')
    const label = name ? `${place} ${name}` : place
    const kind = kindOfUpstream(members.kind)
    if (!kind) {
      report(
        `${label}: kind must be ${kindNames.slice(0, -1).join(', ')} or ${kindNames.at(-1)}, got ${shown(members.kind ?? '')}`,
      )
      return []
    }
    const known = kinds[kind].members
    for (const key of Object.keys(members).filter((each) => !known.includes(each))) {
      const meant = nearest(key, known)
      report(`${label}: unknown key ${key}: ${meant ? `did you mean ${meant}?` : `known for ${kind} are ${known.join(', ')}`}`)
    }
    return checkName(name, label, report) ? [{ kind, entry: { label, name, members } }] : []
  })
}

/** `mcpServers`: clients add members of their own, so what is not known is not looked at. */
function clientEntries(mcpServers: unknown, report: Report): Told[] {
  if (mcpServers === undefined || mcpServers === null) return []
  if (!isMapping(mcpServers)) {
    report(`mcpServers must be a mapping from names to servers, got ${kindOf(mcpServers)}`)
    return []
  }
  return Object.entries(mcpServers).flatMap(([name, server]) => {
    const label = `mcpServers.${name}`
    if (!checkName(name, label, report)) return []
    if (isMapping(server))
      return [
        {
          kind: 'mcp',
          entry: { label, name, members: { ...server, url: server.url ?? server.serverUrl, timeout: inSeconds(server.timeout) } },
        },
      ]
    report(`${label} must be a mapping with command or url, got ${kindOf(server)}`)
    return []
  })
}

/** Some clients mean seconds and some milliseconds; nobody waits for more than an hour. */
const inSeconds = (timeout: unknown): unknown => (typeof timeout === 'number' && timeout > 3600 ? timeout / 1000 : timeout)

function checkName(name: string, label: string, report: Report): boolean {
  if (name === 'switchyard') report(`${label}: the name switchyard belongs to this server, choose another one`)
  else if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(name))
    report(`${label}: name must be 1 to 32 letters, digits, _ or -, and start with a letter or digit, got ${shown(name)}`)
  else return true
  return false
}
