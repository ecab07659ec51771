/** Whether a long list costs more than its length: tools/list of a few tools and of many, a byte. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, httpClients } from './clients.ts'
import type { Question } from './eras.ts'
import { load } from './load.ts'
import { median } from './numbers.ts'
import { temporaryDirectory } from './opened.ts'
import { atRest, cpuTime } from './process-use.ts'
import { progress } from './progress.ts'
import { startSwitchyard } from './switchyard.ts'
import type { Table } from './table.ts'

export interface ListFigures {
  readonly tools: number
  /** Of one answer. */
  readonly bytes: number
  /** One figure a round: MiB that the server sent in a second, and microseconds of its CPU for one KiB. */
  readonly speed: number[]
  readonly cpu: number[]
}

const sizes = [10, 1_000] as const
/** Bytes of all answers of one round together, so that both take about as long. */
const bytesARound = 64 * 2 ** 20
const mostCalls = 4_000
const parallel = 4

export async function measureLists(rounds: number, program?: string): Promise<ListFigures[]> {
  const servers = []
  const ownCommands = (await namesOfOwn(program)).join()
  for (const tools of sizes) {
    const env = { MCP_COMMANDS_DIRECTORY: await commandFolder(tools), MCP_DISABLED_COMMANDS: ownCommands }
    const child = await startSwitchyard({ env, program })
    const clients = await httpClients(child.url)(parallel)
    const bytes = Buffer.byteLength(await list(clients[0]!, tools))
    const figures = { tools, bytes, speed: [] as number[], cpu: [] as number[] }
    servers.push({ child, clients, figures, calls: Math.min(mostCalls, Math.ceil(bytesARound / bytes)) })
  }
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? 'lists: warming up' : `lists, round ${round} of ${rounds}`)
    for (const { child, clients, figures, calls } of servers) {
      await atRest(child.pid)
      const before = cpuTime(child.pid)
      const { seconds } = await load(clients, { calls }, async (client) => void (await client.ask(question)))
      const cpu = cpuTime(child.pid) - before
      if (round === 0) continue
      figures.speed.push((calls * figures.bytes) / seconds / 2 ** 20)
      figures.cpu.push(cpu / ((calls * figures.bytes) / 1024))
    }
  }
  for (const { child, clients } of servers) {
    for (const client of clients) client.close()
    await child.stop()
  }
  return servers.map(({ figures }) => figures)
}

const question: Question = { method: 'tools/list', params: {} }

/** The tools that a server has without a command folder. */
async function namesOfOwn(program?: string): Promise<string[]> {
  const child = await startSwitchyard({ program })
  const [client] = await httpClients(child.url)(1)
  const names = toolsIn(await client!.ask(question)).map(({ name }) => name)
  client!.close()
  await child.stop()
  return names
}

const toolsIn = (text: string) => (JSON.parse(text) as { result: { tools: { name: string }[] } }).result.tools

/** @throws when the list is not of the length that is to be measured */
async function list(client: Client, tools: number): Promise<string> {
  const text = await client.ask(question)
  const found = toolsIn(text).length
  if (found !== tools) throw new Error(`expected ${tools} tools in the list, found ${found}`)
  return text
}

/** A folder with so many commands, each described as real ones are. */
async function commandFolder(tools: number): Promise<string> {
  const folder = await temporaryDirectory()
  const source = `export default Array.from({ length: ${tools} }, (_, index) => ({
  name: 'order_find_' + index,
  returns: 'A list of orders.',
  description: 'Finds orders by customer and date, the newest first; an empty list when there are none.',
  params: {
    customer: { type: 'string', description: 'Name or number of the customer', required: true },
    since: { type: 'string', description: 'First day, as 2026-01-31' },
    limit: { type: 'integer', description: 'Orders at most', default: 20 },
  },
  returns: 'A list of orders.',
  run: () => [],
}))
`
  await writeFile(join(folder, 'orders.mjs'), source)
  return folder
}

export function listTable(figures: readonly ListFigures[]): Table {
  const [few, many] = figures
  const ratio = few && many ? median(many.cpu) / median(few.cpu) : Number.NaN
  return {
    title: 'tools/list over /mcp',
    columns: ['', 'answer, KiB', 'MiB/s', 'server CPU a KiB, us'],
    rows: figures.map(({ tools, bytes, speed, cpu }) => [
      `${tools} tools`,
      (bytes / 1024).toFixed(1),
      median(speed).toFixed(0),
      median(cpu).toFixed(2),
    ]),
    note: `A byte of the long list costs ${ratio.toFixed(2)} times what a byte of the short one does.`,
  }
}
