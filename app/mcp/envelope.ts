/** What every request of 2026-07-28 must say of itself, in its `_meta` and, over HTTP, once more in its headers. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Json, Who } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { headerNames, metaNames, modernVersion, namedBy } from './era.ts'
import { decodeHeader } from './header-value.ts'
import { isLevel, levels } from './levels.ts'
import type { Request } from './message.ts'
import { type Declaration, declarationsOf, paramProblem } from './param-headers.ts'

/** Throws Failure `invalid_params` for what is missing or not of its shape. The version itself is not looked at yet: headers come first. */
export function checkEnvelope({ _meta }: Json): void {
  if (!isObject(_meta))
    throw invalid('params._meta is missing: every request says there which revision it speaks and what its client can do')
  const version = _meta[metaNames.version]
  if (typeof version !== 'string') throw invalid(`params._meta["${metaNames.version}"] must be a text such as "${modernVersion}"`)
  if (!isObject(_meta[metaNames.abilities])) throw invalid(`params._meta["${metaNames.abilities}"] must be an object`)
  const client = _meta[metaNames.client]
  if (client !== undefined && !isObject(client))
    throw invalid(`params._meta["${metaNames.client}"] must be an object with name and version`)
  const level = _meta[metaNames.logLevel]
  if (level !== undefined && !isLevel(level))
    throw invalid(`params._meta["${metaNames.logLevel}"] must be one of ${levels.join(', ')}`)
  const token = _meta.progressToken
  if (token !== undefined && typeof token !== 'string' && !Number.isInteger(token))
    throw invalid('params._meta.progressToken must be a text or an integer')
}

/** Throws Failure `unknown_version` for a revision that is not spoken here. */
export function checkVersion({ _meta }: Json): void {
  const requested = String((_meta as Json)[metaNames.version])
  if (requested === modernVersion) return
  throw new Failure('unknown_version', `this server does not speak ${requested.slice(0, 40)}`, {
    data: { supported: [modernVersion], requested: requested.slice(0, 100) },
  })
}

/** Throws Failure `header_mismatch` where the headers do not say what the body says (2026-07-28, Streamable HTTP; SEP-2243). */
export function checkHeaders({ method, params = {} }: Request, headers: IncomingHttpHeaders, known: Known): void {
  const version = (params._meta as Json)[metaNames.version] as string
  same('MCP-Protocol-Version', headers[headerNames.version], version, `_meta["${metaNames.version}"]`)
  checkVersion(params)
  same('Mcp-Method', headers[headerNames.method], method, 'method')
  const member = Object.hasOwn(namedBy, method) ? namedBy[method]! : undefined
  if (member === undefined) return
  const value = params[member]
  if (typeof value !== 'string') return // the handler says what is wrong with it
  checkName(headers[headerNames.name], value, `params.${member}`)
  if (method === 'tools/call') checkParams(value, params.arguments, headers, known)
}

function same(name: string, header: string | string[] | undefined, value: string, member: string): void {
  if (header === undefined) throw mismatch(`the header ${name} is missing: it must repeat ${member}`)
  if (header !== value) throw mismatch(`the header ${name} does not say what ${member} says`)
}

function checkName(header: string | string[] | undefined, value: string, member: string): void {
  if (header === undefined) throw mismatch(`the header Mcp-Name is missing: it must repeat ${member}`)
  const decoded = decodeHeader(String(header))
  if (decoded === undefined) throw mismatch('the header Mcp-Name is not in the base64 that it says it is in')
  if (decoded !== value) throw mismatch(`the header Mcp-Name does not say what ${member} says`)
}

/** Where the tools are found that this caller may see. */
interface Known {
  readonly catalog: Catalog
  readonly who: Who
}

/** Arguments that the tool's schema marks with `x-mcp-header`. */
function checkParams(name: string, values: unknown, headers: IncomingHttpHeaders, { catalog, who }: Known): void {
  const schema = catalog.find('tool', name, who)?.definition.inputSchema
  if (!isObject(schema)) return
  const declared = declarationsIn(schema)
  if (declared.length === 0) return
  const problem = paramProblem(declared, isObject(values) ? values : {}, headers)
  if (problem) throw mismatch(problem)
}

/** Most schemas declare nothing, and every call asks. */
const known = new WeakMap<Json, readonly Declaration[]>()

function declarationsIn(schema: Json): readonly Declaration[] {
  let declared = known.get(schema)
  if (!declared) {
    declared = declarationsOf(schema).declarations
    known.set(schema, declared)
  }
  return declared
}

const invalid = (message: string) => new Failure('invalid_params', message)
const mismatch = (message: string) => new Failure('header_mismatch', message)
