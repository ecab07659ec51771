/** A service with its document, as one system: what it offers, whether it is there, and how its operations are called. */
import type { Json } from '../../call.ts'
import type { OpenapiConfig } from '../../config/upstream/openapi.ts'
import type { ServiceConfig } from '../../config/upstream/service.ts'
import { Failure } from '../../errors.ts'
import { createSchemas } from '../../schemas.ts'
import { openService, type Service } from '../http/service.ts'
import type { Lists } from '../offer.ts'
import type { Offered, Reading, Source, Watch } from '../steady.ts'
import type { UpstreamTools } from '../upstream.ts'
import { isSecretive, suppliedBy } from './auth.ts'
import type { About } from './build.ts'
import { createCaller } from './caller.ts'
import { commandsOf } from './commands.ts'
import { type DocumentSource, fromFile, fromUrl } from './document-text.ts'
import { readDocument } from './reading.ts'
import { createTokens } from './tokens.ts'

interface Remembered {
  readonly hash: string
  /** Whether the document is one file, so that its text says everything. */
  readonly whole: boolean
  readonly reading: Reading
}

export interface SourceTools extends Pick<UpstreamTools, 'log' | 'breaker' | 'traffic' | 'cache'> {
  readonly watch?: Watch
}

export function openSource(config: OpenapiConfig, { log, watch, breaker, traffic, cache }: SourceTools): Source {
  const { name, document, auth, service: access } = config
  const { origin } = new URL(access.url)
  const services: Service[] = []

  /** What is configured for the service is shown to nobody else. @param url of another server that belongs to it */
  function serviceAt(url: string): Service {
    const tls = new URL(url).origin === origin ? access.tls : { ...access.tls, cert: null, key: null, passphrase: null }
    return opened({ ...access, url, headers: {}, tls })
  }

  function opened(service: ServiceConfig, watched?: Watch): Service {
    const tools = { log, watch: watched, breaker, traffic }
    const made = openService({ name, timeout: config.timeout, service }, tools)
    services.push(made)
    return made
  }

  const api = opened(access, watch)
  const tokens = auth?.type === 'oauth2' ? createTokens(name, auth, serviceAt(auth.tokenUrl)) : undefined
  const caller = createCaller(config, { service: api, tokens, cache })
  const atHome = 'url' in document && new URL(document.url).origin === origin
  const text = 'file' in document ? fromFile(name, document.file) : textAt(document.url)

  function textAt(url: string): DocumentSource {
    return atHome ? fromUrl(name, url, api, caller) : fromUrl(name, url, serviceAt(url), undefined)
  }

  const schemas = createSchemas(log)
  let remembered: Remembered | undefined
  let offered: { readonly lists: Lists; readonly about: Json | null; readonly result: Offered } | undefined

  async function read(signal: AbortSignal): Promise<Reading> {
    const found = await text.get(signal)
    if (remembered && (!found || (remembered.whole && found.hash === remembered.hash))) return remembered.reading
    if (!found) throw new Failure('upstream_failed', `${name}: the document is said to be unchanged, and was never had`)
    let whole = true
    const other = (at: string) => {
      whole = false
      return text.other(at, signal)
    }
    const options = {
      name,
      servers: { baseUrl: config.baseUrl, at: found.at, trusted: isSecretive(config) ? origin : null },
      supplied: suppliedBy(config),
      include: config.include,
      exclude: config.exclude,
      resources: config.resources,
    }
    const { about, tools, resources, templates } = await readDocument({ at: found.at, text: found.text, options }, other, signal)
    const server = { name: about.name, version: about.version }
    const reading = { about, server, lists: { tools, resources, templates, prompts: [] } }
    remembered = { hash: found.hash, whole, reading }
    return reading
  }

  return {
    transport: 'file' in document ? 'file' : 'http',
    read,
    commands(lists, about) {
      if (offered?.lists === lists && offered.about === about) return offered.result
      const known = about as About | null
      caller.wants = known?.wants ?? []
      const commands = commandsOf(lists, { owner: name, prefix: config.prefix, timeout: config.timeout * 1000, caller, schemas })
      const result = { commands, leftOut: known?.leftOut ?? [] }
      offered = { lists, about, result }
      return result
    },
    async look(signal) {
      await text.look(signal)
      if (config.baseUrl === null || atHome) return
      const { status } = await api.ask({ method: 'HEAD', url: access.url, signal, safe: true, probe: true, what: 'the service' })
      if (status >= 500) throw new Failure('upstream_failed', `${name}: the service answers HTTP ${status}`)
    },
    get breaker() {
      return api.breaker
    },
    async close() {
      await Promise.all(services.map((service) => service.close()))
    },
  }
}
