/** Where the CPU of a call goes: asks the built server under V8's profiler, and sums up by function and by package. `--help` says how. */
import { readdir, readFile } from 'node:fs/promises'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { packageRoot } from '../app/root.ts'
import { echoQuestion } from './calls.ts'
import { type Client, stdioClients } from './clients.ts'
import { pinSelf } from './cores.ts'
import { newEra, sessionEra } from './eras.ts'
import { asGateway } from './gateways.ts'
import { load } from './load.ts'
import { closeAll, temporaryDirectory } from './opened.ts'
import { prepared } from './prepared.ts'
import { overHttp, overSse } from './subjects.ts'
import { startSwitchyard } from './switchyard.ts'
import { format } from './table.ts'

const usage = `npx tsx bench/profile.ts [/mcp|/sse|stdio] [options]
  --new-era       asks in the way of 2026-07-28
  --gateway       asks the echo server behind it
  --program FILE  the built server to measure (dist/main.js)
`

/** As V8 writes it (Chrome DevTools Protocol, Profiler.Profile); times are microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
      readonly columnNumber: number
    }
    readonly children?: readonly number[]
  }[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Calls that are not counted, until the compiler is done, and calls that are. */
const warmUp = 10_000
const calls = 30_000
const parallel = 16
const shown = 40

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'new-era': { type: 'boolean', default: false },
    gateway: { type: 'boolean', default: false },
    program: { type: 'string', default: join(packageRoot, 'dist', 'main.js') },
    help: { type: 'boolean', default: false },
  },
})
const [way = '/mcp'] = positionals
const { program } = flags
const era = flags['new-era'] ? newEra : sessionEra

interface Recorded {
  readonly profile: Profile
  /** Microseconds on the machine's steady clock, which V8 goes by too. */
  readonly from: number
  readonly to: number
}

const now = () => Number(process.hrtime.bigint() / 1000n)

async function record(): Promise<Recorded> {
  const directory = await temporaryDirectory()
  // With the embedded database, what another thread does on the same core would count for whatever it interrupts.
  const { databaseUrl, programs } = await prepared()
  const child = await startSwitchyard({
    ...(flags.gateway ? asGateway(programs, flags['new-era'] ? 'modern' : 'shared') : {}),
    program,
    databaseUrl: databaseUrl ?? undefined,
    transport: way === 'stdio' ? 'stdio' : 'sse',
    nodeFlags: ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', directory],
  })
  const connect = way === 'stdio' ? stdioClients(child.process, era) : (way === '/sse' ? overSse : overHttp)(child, era)
  const clients = await connect(parallel)
  const ask = async (client: Client) => void (await client.ask(echoQuestion))
  await load(clients, { calls: warmUp }, ask)
  const from = now()
  await load(clients, { calls }, ask)
  const to = now()
  for (const client of clients) client.close()
  await child.stop()
  // The main thread is number 0; the embedded database writes one of its own.
  const file = (await readdir(directory)).find((name) => /\.0\.\d+\.cpuprofile$/.test(name))
  if (!file) throw new Error('the server left no profile')
  return { profile: JSON.parse(await readFile(join(directory, file), 'utf8')) as Profile, from, to }
}

interface Frame {
  readonly name: string
  /** A file of ours, a package, a module of Node, `native`, or what V8 did itself: `(garbage collector)`. */
  readonly place: string
}

/** Gives each frame of the bundle its name in the sources. */
async function framesOf({ nodes }: Profile): Promise<Map<number, Frame>> {
  const map = new SourceMap(JSON.parse(await readFile(`${program}.map`, 'utf8')))
  const bundle = pathToFileURL(program).href
  return new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber, columnNumber } }) => {
      const name = functionName || '(anonymous)'
      if (url.startsWith('node:')) return [id, { name, place: url }]
      if (url !== bundle) return [id, { name, place: url || (name.startsWith('(') ? name : 'native') }]
      const entry = map.findEntry(lineNumber, columnNumber)
      const source = 'originalSource' in entry ? entry.originalSource : ''
      const place = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? source.replace(/^(\.\.\/)+/, '')
      return [id, { name, place }]
    }),
  )
}

/** Time by key: with `inclusive`, what a function called counts for it too, once a stack. */
function sum({ profile, from, to }: Recorded, keyOf: (id: number) => string, inclusive: boolean): Map<string, number> {
  const parent = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const times = new Map<string, number>()
  let at = profile.startTime
  for (const [index, sample] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0
    at += delta
    if (at < from || at > to) continue
    const keys = new Set([keyOf(sample)])
    if (inclusive) for (let id = parent.get(sample); id !== undefined; id = parent.get(id)) keys.add(keyOf(id))
    for (const key of keys) times.set(key, (times.get(key) ?? 0) + delta)
  }
  return times
}

async function report(recorded: Recorded): Promise<void> {
  const frames = await framesOf(recorded.profile)
  const frameOf = (id: number): Frame => frames.get(id) ?? { name: '?', place: '?' }
  const functionOf = (id: number) => `${frameOf(id).name} ${frameOf(id).place}`
  const busy = (key: string) => !/^\((idle|root)\)/.test(key)
  const views = [
    { title: 'by place', times: sum(recorded, (id) => frameOf(id).place, false) },
    { title: 'by function, itself', times: sum(recorded, functionOf, false) },
    { title: 'by function, with what it calls', times: sum(recorded, functionOf, true) },
  ]
  for (const { title, times } of views) {
    const rows = [...times].filter(([key]) => busy(key)).sort(([, one], [, other]) => other - one)
    const lines = rows.slice(0, shown).map(([key, time]) => [key, (time / calls).toFixed(2)])
    process.stdout.write(`${format({ title: `${way}, ${title}`, columns: ['', 'us a call'], rows: lines })}\n`)
  }
}

async function recordAndClose(): Promise<Recorded> {
  try {
    return await record()
  } finally {
    await closeAll()
  }
}

if (flags.help) process.stdout.write(usage)
else {
  pinSelf()
  await report(await recordAndClose())
}
