/** A resource or a template of resources, as its author wrote it, becomes a command. */
import { UriTemplate } from '@modelcontextprotocol/sdk/shared/uriTemplate.js'
import { isBase64 } from '../base64.ts'
import type { Command, Json } from '../call.ts'
import { isTemplate } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Contents, ResourceDefinition } from './command.ts'
import { completionOf } from './completion.ts'
import { CallContext } from './context.ts'
import { given, titleOf } from './words.ts'

export function buildResource(definition: ResourceDefinition, owner: string): Command {
  const {
    uri,
    name,
    description,
    mimeType,
    scope = 'read',
    timeout,
    icons,
    annotations,
    size,
    complete,
    read,
    watch,
  } = definition
  const template = isTemplate(uri) ? new UriTemplate(uri) : undefined
  return {
    kind: 'resource',
    name: uri,
    owner,
    scope,
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    definition: {
      [template ? 'uriTemplate' : 'uri']: uri,
      name,
      title: definition.title ?? titleOf(name),
      description,
      ...given({ mimeType, icons, annotations, size }),
    },
    completion: completionOf(uri, complete ?? {}, { owner, scope }),
    async run(call) {
      const asked = String(call.arguments.uri)
      const found = await read({ ...variablesIn(template, asked), uri: asked }, new CallContext(call))
      const contents = (Array.isArray(found) ? found : [found]) as readonly Contents[]
      return { contents: contents.map((entry) => contentsOf(entry, asked, mimeType)) }
    },
    async watch(asked, { changed }) {
      return watch?.(asked, changed) ?? nothing
    },
  }
}

const nothing = () => {}

function variablesIn(template: UriTemplate | undefined, uri: string): Record<string, string> {
  const found = template?.match(uri) ?? {}
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, [value].flat().join(',')]))
}

function contentsOf(entry: Contents, uri: string, mimeType: string | undefined): Json {
  if (typeof entry === 'string') return { uri, mimeType: mimeType ?? 'text/plain', text: entry }
  if (entry instanceof Uint8Array) {
    return { uri, mimeType: mimeType ?? 'application/octet-stream', blob: Buffer.from(entry).toString('base64') }
  }
  if (!isObject(entry) || (typeof entry.text !== 'string' && !isBase64(entry.blob)))
    throw new Failure('failed', `reading ${uri} gave neither a text nor bytes`)
  return { uri, ...given({ mimeType }), ...entry }
}
