/** Tries a 1C base directly: whether it is well, lets us in, and what it offers. */
import type { OnecConfig } from '../config/upstream/onec.ts'
import { PortTaken } from '../http.ts'
import { silent } from '../log.ts'
import { openSource } from '../upstreams/onec/source.ts'
import { version } from '../version.ts'
import { Skip } from './probe.ts'

const nobody = { answered() {}, missed() {} }
const none = { tools: [], resources: [], templates: [], prompts: [] }

/** @returns what it has, what it calls itself, and what of it cannot be used */
export async function tryOnec(config: OnecConfig, signal: AbortSignal): Promise<string> {
  const source = openSource(config, { version, log: silent, before: none }, nobody)
  try {
    await source.listen()
    // Longer than one call may take nobody waits for a table.
    const reading = await source.read(AbortSignal.any([signal, AbortSignal.timeout(config.timeout * 1000)]))
    if (config.authMode === 'oauth2') return 'answers; everybody signs in with an account of the base'
    const { commands, leftOut } = source.commands(reading.lists, reading.about)
    const count = (kind: 'tool' | 'resource' | 'prompt') => commands.filter((command) => command.kind === kind).length
    const counted = [counting(count('tool'), 'tool')]
    if (count('resource')) counted.push(counting(count('resource'), 'resource'))
    if (count('prompt')) counted.push(counting(count('prompt'), 'prompt'))
    if (reading.server) counted.push(`${reading.server.name} ${reading.server.version}`.trim())
    return leftOut.length ? `${counted.join(', ')}; left out: ${leftOut.join('; ')}` : counted.join(', ')
  } catch (error) {
    if (error instanceof PortTaken)
      throw new Skip(`${error.message.slice(0, error.message.lastIndexOf(': '))}; a running server has the base`)
    throw error
  } finally {
    await source.close()
  }
}

const counting = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
