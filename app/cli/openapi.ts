/** `switchyard openapi`: the OpenAPI document of this configuration, joined with those of other services. */
import { readFile } from 'node:fs/promises'
import { request } from 'undici'
import { parse } from 'yaml'
import type { Caller } from '../call.ts'
import { loadConfig, processSources } from '../config.ts'
import { silent } from '../log.ts'
import { makeDocument } from '../openapi/document.ts'
import { checkSource, mergeDocuments, type Source } from '../openapi/merge.ts'
import { exportTools, usualPrefix } from '../openapi/tools.ts'
import { reasonOf } from '../reason.ts'
import { secrets } from '../secrets.ts'
import { version } from '../version.ts'
import { WrongUse } from './read.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'
import { withoutPorts } from './without-ports.ts'

export const openapi: Verb = {
  name: 'openapi',
  words: [],
  summary: 'Print the OpenAPI document of what can be called, alone or joined with others.',
  about: [
    'Prints what GET /openapi.json of a server with this configuration would give to somebody who may do everything. No port is opened, and no running server is needed; tools of upstreams are those that were seen last.',
    '--merge joins the documents of other services: NAME stands before their paths (/NAME/...), components and tags (NAME_...). What could not be read is said on stderr. Exit codes: 0 printed, and at least one of the others joined, 1 none of them could be, 78 wrong configuration.',
  ],
  flags: [
    {
      name: 'merge',
      value: 'NAME=URL',
      many: true,
      help: 'Another document, at an address or in a file; may be given several times, or several after it.',
    },
    { name: 'tools', help: 'Print the tools for proxies that call them over /cmd instead, as GET /api/tools.json does.' },
  ],
  examples: [
    ['openapi > switchyard.json', 'Keep the document.'],
    ['openapi --merge shop=https://shop.example/openapi.json stock=stock.yaml', 'Join two others.'],
  ],
  run,
}

const caller: Caller = { id: 'cli', name: 'cli', scopes: ['read', 'call', 'admin'] }
/** Milliseconds that another service may take. */
const patience = 15_000

async function run({ flags, assemble }: Given): Promise<number> {
  const wanted = ((flags.merge as string[] | undefined) ?? []).map(readPair)
  if (flags.tools && wanted.length) throw new WrongUse('--tools and --merge exclude each other')
  const sources = processSources(flags)
  const settled = loadConfig(sources)
  return runTask(silent, async (life) => {
    const { yard } = await assemble({ settled: withoutPorts(settled), life, log: silent, baseEnv: sources.env })
    const tools = yard.catalog.list('tools', { caller, via: 'cli' })
    if (flags.tools) return print(exportTools(tools, usualPrefix))
    const found = await readAll(wanted, life.stopping)
    const document = makeDocument(tools, { version, url: settled.config.server.publicUrl ?? undefined })
    print(mergeDocuments(document, found))
    return wanted.length > 0 && found.length === 0 ? 1 : 0
  })
}

function print(value: unknown): number {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  return 0
}

interface Pair {
  readonly name: string
  readonly place: string
}

function readPair(text: string): Pair {
  const [, name, place] = /^([A-Za-z0-9_-]{1,40})=(.+)$/.exec(text) ?? []
  if (name && place) return { name, place }
  throw new WrongUse(`--merge must be NAME=URL, such as shop=https://shop.example/openapi.json, got ${text}`)
}

/** Those that can be joined, in their order; of the others it is said why not. */
async function readAll(pairs: readonly Pair[], stopping: AbortSignal): Promise<Source[]> {
  const twice = pairs.find(({ name }, index) => pairs.findIndex((pair) => pair.name === name) < index)
  if (twice) throw new WrongUse(`--merge has ${twice.name} twice: give each document a name of its own`)
  const read = pairs.map(async ({ name, place }): Promise<Source[]> => {
    try {
      return [{ name, document: checkSource(parse(await textAt(place, stopping))) }]
    } catch (error) {
      process.stderr.write(secrets.mask(`${name} (${place}) was not joined: ${reasonOf(error)}\n`))
      return []
    }
  })
  return (await Promise.all(read)).flat()
}

/** JSON or YAML: the one is a part of the other. */
async function textAt(place: string, stopping: AbortSignal): Promise<string> {
  if (!/^https?:\/\//.test(place)) return readFile(place, 'utf8')
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(patience)])
  const { statusCode, body } = await request(place, { signal, headers: { accept: 'application/json, application/yaml' } })
  if (statusCode === 200) return body.text()
  await body.dump()
  throw new Error(`HTTP ${statusCode}`)
}
