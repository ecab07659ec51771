/** `switchyard check`: everything tried once, the way its users use it. */
import { loadConfig, processSources } from '../config.ts'
import { silent } from '../log.ts'
import { secrets } from '../secrets.ts'
import { type Finding, look, type Probe } from './probe.ts'
import { serverProbes } from './probe-server.ts'
import { stdioProbe } from './probe-stdio.ts'
import { upstreamProbes } from './probe-upstream.ts'
import { type Progress, showProgress } from './progress.ts'
import { createReport } from './report.ts'
import { openScreen } from './screen.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'

export const check: Verb = {
  name: 'check',
  words: [],
  summary: 'Try everything: the running server, this program over stdio, every upstream.',
  about: [
    'Tries what its users use, and prints a row for each: the running server (its health, MCP over SSE and over Streamable HTTP, the admin port), this program over stdio, and every upstream of the configuration, connected to directly.',
    'Exit codes: 0 everything that was tried works, 1 something does not, 78 wrong configuration.',
  ],
  flags: [
    { name: 'url', value: 'URL', help: 'The running server, where it is not at server.host and server.port.' },
    { name: 'token', value: 'TOKEN', help: 'A credential for it, sent as Authorization: Bearer.' },
    { name: 'cert', value: 'FILE', help: 'A client certificate to show it, where it asks for one.' },
    { name: 'key', value: 'FILE', help: 'The private key of that certificate.' },
    { name: 'server', off: true, help: 'Leave the running server out.' },
    { name: 'json', help: 'Print the rows as JSON, for programs.' },
  ],
  examples: [
    ['check', 'Try the server that runs here, stdio, and every upstream.'],
    ['check --no-server --config new.yaml', 'Try a configuration before a server is started with it.'],
    ['check --url https://tools.example.com --token KEY', 'Try a server somewhere else.'],
  ],
  run,
}

async function run({ flags }: Given): Promise<number> {
  const sources = processSources(flags)
  const { config, warnings } = loadConfig(sources)
  const baseEnv = sources.env
  const url = textOf(flags.url)
  const [token, cert, key] = [flags.token, flags.cert, flags.key].map(textOf)
  const stages: Probe[][] = [
    // One after the other: they are quick, and each of their times then is its own.
    ...serverProbes({ config, baseEnv, url, token, cert, key, off: flags.server === false }).map((probe) => [probe]),
    [stdioProbe(config, baseEnv)],
    upstreamProbes(config, baseEnv),
  ]
  const progress = showProgress(openScreen(process.stderr, baseEnv))
  const report = createReport(stages.flat(), openScreen(process.stdout, baseEnv), flags.json === true)
  for (const warning of warnings) process.stderr.write(secrets.mask(`warning: ${warning}\n`))
  try {
    return await runTask(silent, async ({ stopping }) => {
      const findings = await lookAtAll(stages, stopping, progress, report.add)
      report.finish(findings)
      return findings.some(({ state }) => state === 'failed') ? 1 : 0
    })
  } finally {
    progress.end()
  }
}

/** @param found hears each finding as soon as it is there @returns all of them, in the order of the probes */
async function lookAtAll(
  stages: readonly (readonly Probe[])[],
  stopping: AbortSignal,
  progress: Progress,
  found: (finding: Finding) => void,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const stage of stages) {
    const open = new Set(stage.map(({ name }) => name))
    progress.say(`trying ${[...open].join(', ')}`)
    const looks = stage.map(async (probe) => {
      const finding = await look(probe, stopping)
      stopping.throwIfAborted()
      open.delete(probe.name)
      progress.around(() => found(finding))
      if (open.size) progress.say(`trying ${[...open].join(', ')}`)
      return finding
    })
    findings.push(...(await Promise.all(looks)))
  }
  progress.end()
  return findings
}

const textOf = (flag: unknown): string | undefined => (typeof flag === 'string' ? flag : undefined)
