/** What commands a service has: from the first of its lists that exists. */
import type { Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import type { Service, ServiceAnswer } from '../http/service.ts'
import { type Definitions, fromCommands, fromOpenapi } from './definitions.ts'
import { placesOf } from './places.ts'
import type { Talk } from './talk.ts'

export interface Catalogue extends Definitions {
  /** Where it came from: `GET /api/commands`. */
  readonly from: string
  readonly server: { readonly name: string; readonly version: string } | null
}

export interface CatalogueOptions {
  readonly name: string
  readonly service: Service
  readonly talk: Talk
  readonly url: URL
}

/** Statuses of an address where nothing is. */
const nothingThere = new Set([404, 405, 501])

/** @throws Failure `upstream_failed` where the service has none of the lists, naming what was tried */
export async function readCatalogue(options: CatalogueOptions, signal: AbortSignal): Promise<Catalogue> {
  const tried: string[] = []
  let empty: Catalogue | undefined
  for (const list of listsOf(options, signal)) {
    const found = await list.read()
    if ('why' in found) tried.push(`${list.what}: ${found.why}`)
    else if (found.tools.length || found.leftOut.length) return { ...found, from: list.what }
    else empty ??= { ...found, from: list.what }
  }
  if (empty) return empty
  throw new Failure('upstream_failed', `${options.name}: no list of commands was found (${tried.join('; ')}); look at its url`)
}

type Found = (Definitions & { readonly server: Catalogue['server'] }) | { readonly why: string }

interface List {
  readonly what: string
  read(): Promise<Found>
}

function listsOf({ name, service, talk, url }: CatalogueOptions, signal: AbortSignal): List[] {
  const at = (path: string, parse: (body: unknown) => Definitions | undefined): List[] =>
    placesOf(url, path).map((place) => {
      const what = `GET ${place.pathname}`
      const headers = { accept: 'application/json' }
      const read = async () => {
        const answer = await service.ask({ method: 'GET', url: place, headers, signal, what, probe: true })
        return foundIn(answer, parse, `${name}: ${what}`)
      }
      return { what, read }
    })
  const help = async (): Promise<Found> => {
    const reply = await talk('help', {}, { signal, safe: true, probe: true })
    if ('error' in reply) return { why: reply.error.message }
    const definitions = fromCommands(reply.result)
    return definitions ? { ...definitions, server: serverIn(reply.result) } : { why: 'its answer has no commands' }
  }
  return [
    ...at('api/commands', fromCommands),
    ...at('commands', fromCommands),
    { what: `help at POST ${url.pathname}`, read: () => help().catch(unlessAway) },
    ...at('openapi.json', fromOpenapi),
  ]
}

function foundIn(answer: ServiceAnswer, parse: (body: unknown) => Definitions | undefined, who: string): Found {
  const { status } = answer
  if (status === 401 || status === 403) {
    throw new Failure(
      'upstream_failed',
      `${who}: HTTP ${status}: the service wants another credential: configure it in its headers`,
    )
  }
  if (status >= 500 && !nothingThere.has(status)) throw new Failure('upstream_away', `${who}: HTTP ${status}`)
  if (status !== 200) return { why: `HTTP ${status}` }
  const body = jsonOf(answer)
  const definitions = parse(body)
  return definitions ? { ...definitions, server: serverIn(body) } : { why: 'its answer has no commands' }
}

/** Pages for people answer under every address, with HTML. */
function jsonOf(answer: ServiceAnswer): unknown {
  try {
    return answer.json()
  } catch {
    return undefined
  }
}

function unlessAway(error: unknown): Found {
  if (error instanceof Failure && error.code === 'upstream_failed') return { why: error.message }
  throw error
}

function serverIn(body: unknown): Catalogue['server'] {
  const value: Json = isObject(body) ? (isObject(body.data) ? body.data : body) : {}
  const about = [value.tool_info, value.info].find(isObject)
  const name = about?.name ?? about?.title
  return typeof name === 'string' ? { name, version: String(about?.version ?? '') } : null
}
