/** 1C bases that no request reaches: one looks into a directory, the other comes and asks for work. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Asked, dispatch, type OnecSpec, plainSpec } from './onec-dispatcher.ts'

export interface AwayBase {
  readonly spec: OnecSpec
  readonly asked: Asked[]
  /** It takes requests and never answers them. */
  silent: boolean
  stop(): Promise<void>
}

/** Takes requests out of `in`; writes each answer in two halves, with a byte order mark. */
export function startFileBase(directory: string, spec: Partial<OnecSpec> = {}): AwayBase {
  const whole = { ...plainSpec(), ...spec }
  return looping(whole, async (base) => {
    const names = await readdir(join(directory, 'in')).catch(() => [])
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      const place = join(directory, 'in', name)
      const message: unknown = JSON.parse(await readFile(place, 'utf8'))
      await rm(place)
      if (base.silent) continue
      const answer = `\uFEFF${JSON.stringify(dispatch(whole, message, '', base.asked))}`
      await writeFile(join(directory, 'out', name), answer.slice(0, answer.length / 2))
      await new Promise((resolve) => setTimeout(resolve, 30))
      await writeFile(join(directory, 'out', name), answer)
    }
  })
}

export function startPollingBase(url: string, spec: Partial<OnecSpec> = {}, headers: Record<string, string> = {}): AwayBase {
  const whole = { ...plainSpec(), ...spec }
  return looping(whole, async (base) => {
    const polled = await fetch(`${url}/poll`, { headers })
    if (polled.status !== 200) return
    const ticket = polled.headers.get('x-mcp-ticket')
    const message: unknown = await polled.json()
    if (base.silent) return
    const answer = `\uFEFF${JSON.stringify(dispatch(whole, message, '', base.asked))}`
    await fetch(`${url}/result/${ticket}`, { method: 'POST', headers, body: answer })
  })
}

function looping(spec: OnecSpec, once: (base: AwayBase) => Promise<void>): AwayBase {
  let stopped = false
  const base: AwayBase = {
    spec,
    asked: [],
    silent: false,
    async stop() {
      stopped = true
      await running
    },
  }
  const running = (async () => {
    while (!stopped) {
      await once(base).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  return base
}
