/** What a value may look like. A shape reads what a person wrote in a file, a variable or a flag, and can say what would have been right. */
import { isIP } from 'node:net'
import { resolve } from 'node:path'

/** Where a value was written: relative paths start there. */
export interface Place {
  readonly directory: string
  readonly home: string
}

/** A value as somebody wrote it, before it was read. */
export interface Found {
  readonly raw: unknown
  /** `--port`, `MCP_PORT`, `file switchyard.yaml`, ... */
  readonly origin: string
  /** Where relative paths start. */
  readonly directory: string
}

export interface Shape<T> {
  /** Completes "must be ...". */
  readonly expected: string
  /** The value, or undefined for what is none. */
  read(raw: unknown, place: Place): T | undefined
  /** For a shape with parts: which of them is wrong and how, to follow the name of the setting; undefined where `expected` says enough. */
  fault?(raw: unknown): string | undefined
}

/** The same shape for a setting that may be left out. */
export const orNull = <T>(shape: Shape<T>): Shape<T | null> => shape

/** @param pattern what the whole text must match; without it, any text that is not empty */
export function text(expected = 'text', pattern = /./s): Shape<string> {
  return { expected, read: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined) }
}

/** One of a few words, in any case. `synonyms` are words of other systems, in lower case. */
export function choice<const Word extends string>(words: readonly Word[], synonyms: Record<string, Word> = {}): Shape<Word> {
  return {
    expected: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    read(raw) {
      const word = String(raw).toLowerCase()
      return words.find((each) => each === word) ?? (Object.hasOwn(synonyms, word) ? synonyms[word] : undefined)
    },
  }
}

const yes = ['true', 'yes', 'on', '1']
const no = ['false', 'no', 'off', '0']

export const yesNo: Shape<boolean> = {
  expected: 'true or false',
  read(raw) {
    const word = String(raw).toLowerCase()
    return yes.includes(word) ? true : no.includes(word) ? false : undefined
  },
}

export function integer(min: number, max: number): Shape<number> {
  return {
    expected: `${min} to ${max}`,
    read(raw) {
      const value = measure(raw, { '': 1 })
      return Number.isInteger(value) && value! >= min && value! <= max ? value : undefined
    },
  }
}

const byteUnits = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 }
const timeUnits = { '': 1, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 }

/** Bytes, from one size to another: `bytes('1KiB', '1GiB')`. */
export const bytes = (min: string, max: string) => amount(min, max, byteUnits, 'bytes, or with a unit such as 10MB or 4MiB')

/** Seconds, from one time to another: `seconds('1s', '1d')`. */
export const seconds = (min: string, max: string) => amount(min, max, timeUnits, 'seconds, or with a unit such as 500ms or 30m')

function amount(min: string, max: string, units: Record<string, number>, how: string): Shape<number> {
  const [least, most] = [measure(min, units)!, measure(max, units)!]
  return {
    expected: `${min} to ${max} (${how})`,
    read(raw) {
      const value = measure(raw, units)
      return value !== undefined && value >= least && value <= most ? value : undefined
    },
  }
}

function measure(raw: unknown, units: Record<string, number>): number | undefined {
  if (typeof raw === 'number') return raw
  if (typeof raw !== 'string') return undefined
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(raw) ?? []
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()]
  return factor === undefined ? undefined : Number(digits) * factor
}

/** A path; comes out absolute. `~/` is the home directory. */
export const path: Shape<string> = {
  expected: 'a path',
  read(raw, { directory, home }) {
    return typeof raw === 'string' && raw !== '' ? resolve(directory, raw.replace(/^~(?=$|[/\\])/, home)) : undefined
  },
}

/** A name or an address to listen on or to be reached at; IPv6 with or without brackets, comes out without. */
export const host: Shape<string> = {
  expected: 'a host name or an IP address, without a port',
  read(raw) {
    if (typeof raw !== 'string') return undefined
    const bare = raw.replace(/^\[(.*)\]$/, '$1')
    return isIP(bare) || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(bare) ? bare : undefined
  },
}

/** An IP address or a network in CIDR notation. */
export const network: Shape<string> = {
  expected: 'IP addresses or networks such as 10.0.0.0/8',
  read(raw) {
    const [address = '', bits, ...more] = String(raw).split('/')
    const family = isIP(address)
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
    return family && fits && more.length === 0 ? String(raw) : undefined
  },
}

/** @param schemes such as `['http', 'https']`; @param example completes "must be ..." */
export function url(schemes: readonly string[], example: string): Shape<string> {
  return {
    expected: example,
    read(raw) {
      if (typeof raw !== 'string') return undefined
      // Python programs write their driver into the scheme: postgresql+asyncpg://
      const plain = raw.replace(/^(\w+)\+\w+:/, '$1:')
      return URL.canParse(plain) && schemes.includes(new URL(plain).protocol.slice(0, -1)) ? plain : undefined
    },
  }
}

/** A list in a file, a comma-separated one in a variable. */
export function list(each: Shape<string>): Shape<string[]> {
  return {
    expected: `a list of ${each.expected}`,
    read(raw, place) {
      const entries =
        typeof raw === 'string'
          ? raw
              .split(',')
              .map((entry) => entry.trim())
              .filter(Boolean)
          : raw
      if (!Array.isArray(entries)) return undefined
      const read = entries.map((entry) => each.read(entry, place))
      return read.every((entry) => entry !== undefined) ? read : undefined
    },
  }
}
