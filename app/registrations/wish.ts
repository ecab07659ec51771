/** What a server says of itself when it registers: the members that the generations of clients send, each checked and bounded. */
import type { Json } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { shown } from '../shown.ts'
import type { NewRegistration } from '../store/registrations.ts'

const idShape = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const lengths = { server_url: 2_000, server_name: 200, description: 2_000, version: 100, uuid: 100 }
const mostCapabilities = 100
const mostMetadata = 16 * 1024

/** @throws Failure `invalid_params` that says what would be right */
export function readWish(body: Json): NewRegistration {
  const serverId = idIn(body)
  return {
    serverId,
    serverUrl: urlIn(body),
    serverName: text(body, 'server_name') ?? serverId,
    description: text(body, 'description') ?? '',
    version: text(body, 'version') ?? null,
    uuid: uuidIn(body),
    capabilities: capabilitiesIn(body),
    metadata: metadataIn(body),
  }
}

function idIn({ server_id, name }: Json): string {
  const id = server_id ?? name
  if (typeof id === 'string' && idShape.test(id)) return id
  throw wrong(`server_id must be 1 to 64 letters, digits, dots, _ or -, beginning with a letter or digit, got ${told(id)}`)
}

/** Whether it can be told from the body that a server with a URL is meant. */
export const hasUrl = ({ server_url, url }: Json): boolean => (server_url ?? url ?? '') !== ''

function urlIn(body: Json): string {
  const given = text({ server_url: body.server_url ?? body.url }, 'server_url')
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw wrong(`server_url must be the http:// or https:// URL under which this server is reached, got ${told(given)}`)
  }
  if (url.username || url.password) throw wrong('server_url must be without a user name and a password')
  url.hash = ''
  url.search = ''
  return url.href.replace(/\/+$/, '')
}

function text(body: Json, name: keyof typeof lengths): string | undefined {
  const value = body[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw wrong(`${name} must be a text, got ${told(value)}`)
  if (value.length > lengths[name]) throw wrong(`${name} must have at most ${lengths[name]} characters, got ${value.length}`)
  if (value.includes('\u0000')) throw wrong(`${name} must be without a character U+0000`)
  return value
}

/** At the root, or where some clients put it at the second try. */
function uuidIn(body: Json): string | null {
  const { metadata } = body
  return text({ uuid: body.uuid ?? (isObject(metadata) ? metadata.uuid : undefined) }, 'uuid') ?? null
}

function capabilitiesIn({ capabilities }: Json): string[] {
  if (capabilities === undefined || capabilities === null) return []
  const isList = Array.isArray(capabilities) && capabilities.every((each) => typeof each === 'string' && each.length <= 100)
  if (isList && capabilities.length <= mostCapabilities) return capabilities as string[]
  throw wrong(`capabilities must be a list of at most ${mostCapabilities} short texts`)
}

function metadataIn({ metadata }: Json): Json {
  if (metadata === undefined || metadata === null) return {}
  if (!isObject(metadata)) throw wrong(`metadata must be an object, got ${told(metadata)}`)
  const size = JSON.stringify(metadata).length
  if (size > mostMetadata || JSON.stringify(metadata).includes('\\u0000')) {
    throw wrong(`metadata must have at most ${mostMetadata} characters and none that is U+0000`)
  }
  return metadata
}

const told = (value: unknown): string => (value === undefined ? 'nothing' : shown(JSON.stringify(value), 80))

const wrong = (message: string) => new Failure('invalid_params', message)
