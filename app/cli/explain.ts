/** `switchyard explain`: why the holder of a key may call a tool, or may not. */
import type { Json } from '../call.ts'
import { loadConfig, processSources } from '../config.ts'
import type { Explanation, Verdict } from '../explain.ts'
import { silent } from '../log.ts'
import { readArguments } from './arguments.ts'
import { row, widthsOf } from './columns.ts'
import { findTool, meetOwner } from './find-tool.ts'
import { showProgress } from './progress.ts'
import { type Colour, openScreen, type Screen } from './screen.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'
import { withoutPorts } from './without-ports.ts'

export const explain: Verb = {
  name: 'explain',
  words: ['KEY', 'TOOL', '[JSON]'],
  summary: 'Say why the holder of a key may call a tool, or may not.',
  about: [
    'Prints the reasons in the order in which a call meets them: the key, its scopes, the rules, the pin, the limit, the circuit breaker, the upstream. Nothing is called, and nothing is counted. What only a call would find out is unknown, and no refusal.',
    'KEY is the name or the id of an API key, or local or stdio for callers without one. JSON are arguments, where a rule is about those. The limit, the breaker and the upstream are those of this process: for those of a running server, ask its command explain.',
    'Exit codes: 0 the call would be let through, 1 it would not, 78 wrong configuration.',
  ],
  flags: [
    { name: 'surface', value: 'NAME', help: 'The way in: stdio, sse, http, websocket, cmd, rest or admin.', default: 'http' },
    { name: 'json', help: 'Print the answer as JSON, for programs.' },
  ],
  examples: [
    ['explain claude-anna erp_query', 'May this key use the tool at all?'],
    [`explain claude-anna erp_query '{"region": "us"}'`, 'And with these arguments?'],
  ],
  run,
}

async function run({ flags, words: [key = '', tool = '', json], assemble }: Given): Promise<number> {
  const sources = processSources(flags)
  const settled = loadConfig(sources)
  const values = json === undefined ? undefined : await readArguments(json, process.stdin)
  const progress = showProgress(openScreen(process.stderr, sources.env))
  try {
    return await runTask(silent, async (life) => {
      progress.say('starting')
      const { yard } = await assemble({ settled: withoutPorts(settled), life, log: silent, baseEnv: sources.env })
      const waitingFor = (names: string) => progress.say(`waiting for ${names}`)
      // A tool that nobody offers is an answer too.
      const patiently = { stopping: life.stopping, waitingFor }
      await findTool(tool, yard, patiently).catch(() => {})
      await meetOwner(tool, yard, patiently)
      const wish: Json = {
        key,
        tool,
        ...(flags.surface ? { surface: flags.surface } : {}),
        ...(values ? { arguments: values } : {}),
      }
      const caller = { id: 'cli', name: 'cli', scopes: ['read', 'call', 'admin'] as const }
      const result = await yard.switch.call({ kind: 'tool', name: 'explain', arguments: wish, caller, via: 'cli', quiet: true })
      progress.end()
      const answer = result.structuredContent as unknown as Explanation
      if (flags.json === true) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
      else show(answer, openScreen(process.stdout, sources.env))
      return answer.allowed ? 0 : 1
    })
  } finally {
    progress.end()
  }
}

const colours: Record<Verdict, Colour> = { pass: 'green', refuse: 'red', unknown: 'yellow' }

function show({ allowed, caller, tool, findings }: Explanation, screen: Screen): void {
  const cells = findings.map(({ check, verdict, text }) => [verdict, check, text])
  const widths = widthsOf(cells, { width: screen.width, gives: 2 })
  for (const [index, each] of cells.entries())
    screen.write(`${screen.paint(colours[findings[index]!.verdict], row(each, widths))}\n`)
  screen.write(`\n${caller} may ${allowed ? '' : 'not '}call ${tool}\n`)
}
