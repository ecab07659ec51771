/** A base that sees a directory which we see too: a request is a file in `in`, its answer a file of the same name in `out`. */
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { OnecWay } from '../../config/upstream/onec.ts'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import type { Watch } from '../steady.ts'
import { sentence } from './answers.ts'
import { withoutMark } from './json.ts'
import type { OnecWire } from './wire.ts'

type Shared = Extract<OnecWay, { transport: 'file' }>

/** Largest answer, in bytes. */
const mostBytes = 16 * 2 ** 20
/** Answers that may still come although nobody waits for them any more. */
const mostLate = 1_000

/** @param name of the upstream */
export function openFileWire(name: string, { directory, pollEvery }: Shared, watch: Watch): OnecWire {
  const requests = join(directory, 'in')
  const answers = join(directory, 'out')
  const late = new Set<string>()
  /** Whether the last request came to nothing: only then it is worth a look that costs the base something. */
  let silent = false

  async function ready(): Promise<void> {
    try {
      await access(directory, constants.R_OK | constants.W_OK)
      await mkdir(requests, { recursive: true })
      await mkdir(answers, { recursive: true })
    } catch (error) {
      throw new Failure('upstream_away', `${name}: the directory ${directory} cannot be used: ${reasonOf(error)}`)
    }
  }

  /** Under another name first: whoever looks for `*.json` must not find half a request. */
  async function put(file: string, text: string): Promise<void> {
    const place = join(requests, file)
    const unfinished = place.replace(/\.json$/, '.tmp')
    await writeFile(unfinished, text, { encoding: 'utf8', mode: 0o660 })
    await rename(unfinished, place)
  }

  /** The answer as JSON; undefined while it is not there, or not there whole. */
  async function take(file: string): Promise<{ value: unknown } | undefined> {
    const place = join(answers, file)
    try {
      const { size } = await stat(place)
      if (size > mostBytes) throw new Failure('upstream_failed', `${name}: the answer has ${size} bytes, more than ${mostBytes}`)
      return { value: JSON.parse(withoutMark(await readFile(place, 'utf8'))) as unknown }
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code !== undefined) {
        if (error instanceof Failure) throw error
        return undefined
      }
      throw error
    }
  }

  const remove = (file: string) =>
    Promise.all([requests, answers].map((folder) => rm(join(folder, file), { force: true }).catch(() => {})))

  async function sweep(): Promise<void> {
    for (const file of [...late]) {
      await rm(join(answers, file)).then(
        () => late.delete(file),
        () => {},
      )
    }
  }

  return {
    transport: 'file',
    async send(message, { what, timeout, signal }) {
      const began = performance.now()
      await ready()
      await sweep()
      const file = `${randomUUID()}.json`
      try {
        await put(file, JSON.stringify(message))
        for (;;) {
          const answer = await take(file)
          if (answer) {
            silent = false
            watch.answered()
            return answer.value
          }
          if (signal?.aborted) throw new Failure('cancelled', `${name}: ${what} was cancelled`)
          if (performance.now() - began >= timeout) {
            silent = true
            watch.missed()
            throw new Failure('upstream_away', sentence({ name, what, began }, 'was not answered: nothing came into out'))
          }
          await delay(pollEvery * 1000, undefined, { signal }).catch(() => {})
        }
      } catch (error) {
        // The base may be at work on it: its answer is thrown away when it comes.
        if (late.size < mostLate) late.add(file)
        throw error
      } finally {
        await remove(file)
      }
    },
    async look(who, signal) {
      await ready()
      if (silent)
        await this.send(
          { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} },
          { who, what: 'initialize', timeout: 60_000, signal, safe: true },
        )
    },
    async close() {
      await sweep()
    },
  }
}
