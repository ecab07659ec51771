/** Work with an end, as this process: a signal stops it, and whatever it opened is closed before the process goes. */
import { constants } from 'node:os'
import { createLife, type Life, runProcess } from '../lifecycle.ts'
import type { Log } from '../log.ts'

/**
 * @param work gives the exit code; what it starts on the life is stopped when it is done
 * @returns that code, or 128+n where signal n came first
 * @throws what the work throws, after everything was stopped
 */
export async function runTask(log: Log, work: (life: Life) => Promise<number>): Promise<number> {
  const life = createLife(log)
  let code: number | undefined
  await runProcess(life, log, async () => {
    code = await work(life)
    await life.start('work', () => ({ ended: Promise.resolve() }))
  })
  return code ?? 128 + constants.signals[life.stopping.reason as NodeJS.Signals]
}
