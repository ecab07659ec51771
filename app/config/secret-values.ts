/** Every secret that a configuration holds, wherever it stands in it: what has to be kept out of all that is said and written down. */
import { createHash } from 'node:crypto'
import { isSecretFlag, isSecretWord } from './mask.ts'
import { rows } from './settings.ts'
import type { Config } from './types.ts'

/** Members of an upstream that are secrets whatever stands in them. */
const members = new Set(['password', 'passphrase', 'token', 'value', 'clientSecret', 'unlockCode'])
/** Members whose own members are secrets where their names say so. */
const named = new Set(['headers', 'env'])

/** The values, as they are and as they are sent. A name of a user or of a database that is the password, too, is none. */
export function secretValues(config: Config): string[] {
  const found = new Set<string>()
  const add = (value: string | null | undefined) => {
    if (value) found.add(value)
  }

  for (const { words, setting } of rows) {
    const value: unknown = words.reduce<unknown>((at, word) => (at as Record<string, unknown>)[word], config)
    if (typeof value !== 'string' || !setting.secret) continue
    if (setting.secret === 'key') add(value)
    else fromUrl(value)
  }
  for (const upstream of config.upstreams) fromMembers(upstream as unknown as Record<string, unknown>)
  return [...found]

  function fromMembers(object: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(object)) {
      if (typeof value === 'string') members.has(name) ? add(value) : fromUrl(value)
      else if (Array.isArray(value)) fromArguments(value)
      else if (typeof value === 'object' && value !== null)
        named.has(name) ? fromNamed(value as Record<string, string>) : fromMembers(value as Record<string, unknown>)
    }
    if (typeof object.username === 'string' && typeof object.password === 'string') fromPair(object.username, object.password)
  }

  function fromNamed(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) {
      if (!isSecretWord(name)) fromUrl(value)
      else {
        add(value)
        // `Bearer` and the like in front of it are no part of the secret.
        add(/^\w+ +(\S+)$/.exec(value)?.[1])
      }
    }
  }

  /** `--api-key VALUE`, `--token=VALUE`, and URLs with a password. */
  function fromArguments(args: readonly unknown[]): void {
    for (const [index, arg] of args.entries()) {
      if (typeof arg !== 'string') {
        if (typeof arg === 'object' && arg !== null && !Array.isArray(arg)) fromMembers(arg as Record<string, unknown>)
        continue
      }
      const before = args[index - 1]
      const [name, value] = /^([\w.-]+)[=:]\s*(.+)$/s.exec(arg)?.slice(1) ?? []
      if (typeof before === 'string' && isSecretFlag(before)) fromNamed({ authorization: value ?? arg })
      else if (name && value && isSecretWord(name)) fromNamed({ [name]: value })
      else fromUrl(arg)
    }
  }

  function fromUrl(text: string): void {
    if (!text.includes('://') || !URL.canParse(text)) return
    const { username, password, hostname, pathname, protocol, search } = new URL(text)
    const [user, word] = [decoded(username), decoded(password)]
    if (word && ![user, hostname, pathname.slice(1)].includes(word)) {
      add(word)
      add(password)
      fromPair(user, word)
    }
    // https://TOKEN@host is how tokens are often put into a URL.
    if (user && !word && protocol.startsWith('http')) for (const form of [user, username]) add(form)
    for (const part of search.slice(1).split('&')) {
      const [[name = '', value = ''] = []] = new URLSearchParams(part)
      // As it stands there, too: a + in a key is no space, and what is sent is the very text.
      if (isSecretWord(name)) for (const form of [value, part.slice(part.indexOf('=') + 1)]) add(form)
    }
  }

  /** The password of Redis and of 1C goes over the wire as Basic credentials, and that of PostgreSQL as a hash that counts as much. */
  function fromPair(user: string, password: string): void {
    add(Buffer.from(`${user}:${password}`).toString('base64'))
    if (user)
      add(
        createHash('md5')
          .update(password + user)
          .digest('hex'),
      )
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a lone % stands for itself
  }
}
