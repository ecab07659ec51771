/** Every client over every transport that it has, a few at a time, each as a process of its own. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../app/root.ts'
import { node24 } from '../services/peers.ts'
import type { Way } from './clients/client.ts'
import type { Report } from './clients/drive.ts'
import { type Cell, cells, nameOf } from './matrix.ts'
import type { Server } from './server.ts'

export type Results = ReadonlyMap<Cell, Report>

/** Clients at a time. */
const side = 3
/** Milliseconds after which a client that has not ended is killed. */
const longest = 240_000

const clients = join(packageRoot, 'test', 'compatibility', 'clients')
const tsx = join(packageRoot, 'node_modules', 'tsx', 'dist', 'loader.mjs')

/** @param told hears of each as soon as it has ended */
export async function runAll(server: Server, told: (cell: Cell, report: Report) => void = () => {}): Promise<Results> {
  const results = new Map<Cell, Report>()
  const waiting = [...cells]
  async function work(): Promise<void> {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      const report = await runCell(server, cell)
      results.set(cell, report)
      told(cell, report)
    }
  }
  await Promise.all(Array.from({ length: side }, work))
  return new Map(cells.map((cell) => [cell, results.get(cell) ?? { failed: 'was not run' }]))
}

async function runCell(server: Server, cell: Cell): Promise<Report> {
  const way = server.way(cell.transport)
  const report = await runDriver(server, cell, way)
  try {
    await server.left(way)
  } catch (error) {
    if ('steps' in report) report.steps.close = { failed: String(error) }
  }
  return report
}

async function runDriver({ env }: Server, { row, transport }: Cell, { address }: Way): Promise<Report> {
  const node = row.newerNode ? await node24() : process.execPath
  const args = ['--import', tsx, join(clients, `${row.driver}.ts`), row.variant, transport, ...address]
  const child = spawn(node, args, { env, cwd: packageRoot, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), longest)
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => collect(stream))
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  try {
    return JSON.parse(stdout?.() ?? '') as Report
  } catch {
    return {
      failed: `${nameOf(row)} ended without a report (${child.signalCode ?? child.exitCode}): ${stderr?.().slice(-1_000)}`,
    }
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

/** What is wrong with it, a line each; empty when all is well. */
export function problemsOf({ speaks }: Cell, report: Report): string[] {
  if ('failed' in report) return [report.failed]
  const failed = Object.entries(report.steps).flatMap(([step, outcome]) =>
    typeof outcome === 'object' && 'failed' in outcome ? [`${step}: ${outcome.failed}`] : [],
  )
  return report.version === speaks ? failed : [`speaks ${report.version} instead of ${speaks}`, ...failed]
}
