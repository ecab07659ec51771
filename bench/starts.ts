/** How long somebody waits: from the start of the process until the ports answer, and until a client over stdio has its handshake. */
import { spread } from './numbers.ts'
import { temporaryDirectory } from './opened.ts'
import { progress } from './progress.ts'
import { startSwitchyard } from './switchyard.ts'
import type { Table } from './table.ts'

export interface StartFigures {
  readonly name: string
  /** Milliseconds, one figure a sample. */
  readonly first: number[]
  readonly second: number[]
}

type Measure = (dataDir: string, program?: string) => Promise<number>

const ways: { name: string; measure: Measure }[] = [
  { name: 'ready over HTTP', measure: untilReady },
  { name: '`initialize` answered over stdio', measure: untilAnswered },
]

export async function measureStarts(samples: number, program?: string): Promise<StartFigures[]> {
  const figures = ways.map(({ name }) => ({ name, first: [] as number[], second: [] as number[] }))
  for (let sample = 1; sample <= samples; sample++) {
    progress(`starts, sample ${sample} of ${samples}`)
    for (const [index, { measure }] of ways.entries()) {
      const dataDir = await temporaryDirectory()
      figures[index]!.first.push(await measure(dataDir, program))
      figures[index]!.second.push(await measure(dataDir, program))
    }
  }
  return figures
}

async function untilReady(dataDir: string, program?: string): Promise<number> {
  const child = await startSwitchyard({ dataDir, program, place: 'all' })
  await child.stop()
  return child.readyAfter
}

async function untilAnswered(dataDir: string, program?: string): Promise<number> {
  const began = performance.now()
  let answered: Promise<number> | undefined
  const child = await startSwitchyard({
    dataDir,
    program,
    place: 'all',
    transport: 'stdio',
    onSpawn({ stdin, stdout }) {
      stdin?.write(`${initialize}\n`)
      answered = new Promise((resolve) => stdout?.once('data', () => resolve(performance.now() - began)))
    },
  })
  const took = await answered
  await child.stop()
  return took!
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
})

export function startTable(figures: readonly StartFigures[]): Table {
  return {
    title: 'From the start of the process',
    columns: ['', 'first start, ms', 'second start, ms'],
    rows: figures.map(({ name, first, second }) => [name, spread(first), spread(second)]),
    note: 'The embedded database. The first start makes its files from the template, the second finds them.',
  }
}
