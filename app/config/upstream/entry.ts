/** One upstream as a file has it: what all kinds say about themselves, and how a kind reads members of its own. */
import { shown } from '../problems.ts'
import { integer, orNull, type Place, type Shape, seconds, text, yesNo } from '../shapes.ts'

/** What a file says about one upstream. */
export interface Entry {
  /** Where it stands, for messages: `mcpServers.files`. */
  readonly label: string
  readonly name: string
  readonly members: Record<string, unknown>
}

/** Takes one sentence about something that is wrong. */
export type Report = (problem: string) => void

export interface Context {
  readonly place: Place
  /** Seconds, for an upstream that says nothing else. */
  readonly timeout: number
  readonly report: Report
}

/** What is known of an upstream of any kind. */
export interface Common {
  readonly name: string
  /** Put in front of its names; empty keeps them. */
  readonly prefix: string
  /** Seconds that one call may take. */
  readonly timeout: number
  readonly disabled: boolean
  /** Calls that may run there at the same time; null is no limit. */
  readonly maxConcurrent: number | null
}

export const commonMembers = ['name', 'kind', 'prefix', 'timeout', 'disabled', 'max_concurrent']

export interface Reader {
  has(key: string): boolean
  /** One member, or the other value where it is missing or wrong (which is reported). @param show is for what may hold a secret */
  read<T>(key: string, shape: Shape<T>, otherwise: T, show?: (raw: unknown) => string): T
  readonly common: Common
}

const prefixText = text('at most 40 letters, digits, _ or -', /^[A-Za-z0-9_-]{0,40}$/)

export function readerOf({ label, name, members }: Entry, { place, timeout, report }: Context): Reader {
  const has = (key: string) => members[key] !== undefined && members[key] !== null

  function read<T>(key: string, shape: Shape<T>, otherwise: T, show: (raw: unknown) => string = shown): T {
    if (!has(key)) return otherwise
    const value = shape.read(members[key], place)
    if (value === undefined) report(`${label}: ${key} must be ${shape.expected}, got ${show(members[key])}`)
    return value ?? otherwise
  }

  const common = {
    name,
    prefix: read('prefix', prefixText, `${name}_`),
    timeout: read('timeout', seconds('100ms', '1d'), timeout),
    disabled: read('disabled', yesNo, false),
    maxConcurrent: read('max_concurrent', orNull(integer(1, 100_000)), null),
  }
  return { has, read, common }
}

/** YAML and JSON have numbers where a command line and a header have text. */
const scalar = (raw: unknown): string | undefined =>
  ['string', 'number', 'boolean'].includes(typeof raw) ? String(raw) : undefined

export const texts: Shape<string[]> = {
  expected: 'a list of nothing but text',
  read(raw) {
    const read = Array.isArray(raw) ? raw.map(scalar) : [undefined]
    return read.every((entry) => entry !== undefined) ? read : undefined
  },
}

export const namedTexts: Shape<Record<string, string>> = {
  expected: 'a mapping from names to nothing but text',
  read(raw) {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined
    const read = Object.entries(raw).map(([name, value]) => [name, scalar(value)])
    return read.every(([, value]) => value !== undefined) ? Object.fromEntries(read) : undefined
  },
}
