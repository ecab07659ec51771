import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createLife, Stopped } from '../app/lifecycle.ts'
import { packageRoot } from '../app/root.ts'
import { collectedLog } from './fakes/collected-log.ts'

/** A life, and what its parts did, in order. */
function watched(options?: { drain: number }) {
  const log = collectedLog()
  const life = createLife(log, options)
  const deeds: string[] = []
  const part = (name: string) => ({ stop: () => void deeds.push(`${name} stops`) })
  return { life, log, deeds, part }
}

/** Something that happens when the test wants it to. */
function moment<T>() {
  let come!: (value: T) => void
  const reached = new Promise<T>((resolve) => {
    come = resolve
  })
  return { come, reached }
}

test('parts stop in the reverse order of their start, however often a stop is asked for', async () => {
  const { life, deeds, part } = watched()
  for (const name of ['one', 'two', 'three']) await life.start(name, () => part(name))
  await Promise.all([life.stop('first'), life.stop('second')])
  expect(deeds).toEqual(['three stops', 'two stops', 'one stops'])
})

test('a part that is just being opened is stopped before those below it, and its start ends with an error', async () => {
  const { life, deeds, part } = watched()
  await life.start('below', () => part('below'))
  const opened = moment<ReturnType<typeof part>>()
  const starting = life.start('late', () => opened.reached)
  const stopped = life.stop('now')
  expect(life.stopping.aborted).toBe(true)
  opened.come(part('late'))

  await expect(starting).rejects.toThrow(Stopped)
  await stopped
  expect(deeds).toEqual(['late stops', 'below stops'])
  await expect(life.start('after', () => part('after'))).rejects.toThrow('the process is stopping')
})

test('a part that never finishes opening does not keep the others from stopping', async () => {
  const { life, log, deeds, part } = watched({ drain: 10 })
  await life.start('below', () => part('below'))
  life.start('stuck', () => moment<object>().reached).catch(() => {})
  await life.stop('now')
  expect(life.hurry.aborted).toBe(true)
  expect(deeds).toEqual(['below stops'])
  expect(log.of('drain time is over: what still runs is cut off')).toHaveLength(1)
})

test('a part that cannot stop is logged, and the others stop', async () => {
  const { life, log, deeds, part } = watched()
  await life.start('good', () => part('good'))
  await life.start('bad', () => ({ stop: () => Promise.reject(new Error('stuck')) }))
  await life.stop('now')
  expect(deeds).toEqual(['good stops'])
  expect(log.of('stop failed')).toMatchObject([{ level: 'error', fields: { service: 'bad' } }])
})

test('a part that ends by itself says so; one that breaks says why', async () => {
  const fine = watched()
  const done = moment<void>()
  await fine.life.start('stdio', () => ({ ended: done.reached }))
  done.come()
  expect(await fine.life.ended).toBe('stdio ended')

  const broken = watched()
  await broken.life.start('part', () => ({ ended: Promise.reject(new Error('broken')) }))
  await expect(broken.life.ended).rejects.toThrow('broken')
})

test('a part that breaks while others still open ends the process at once, with its error', async () => {
  const { code, stderr } = await runScript(`
    const life = createLife(silent)
    await runProcess(life, silent, async () => {
      await life.start('part', () => ({ ended: Promise.reject(new Error('broken')) }))
      await new Promise(() => setInterval(() => {}, 1000))
    }).catch((error) => {
      console.error(error.message)
      process.exit(78)
    })
  `)
  expect({ code, stderr }).toEqual({ code: 78, stderr: 'broken\n' })
})

/** Runs a script that has lifecycle.ts in a process of its own, to its end. */
async function runScript(script: string): Promise<{ code: number | null; stderr: string }> {
  const imports = `
    import { createLife, runProcess } from '${pathToFileURL(join(packageRoot, 'app', 'lifecycle.ts'))}'
    import { silent } from '${pathToFileURL(join(packageRoot, 'app', 'log.ts'))}'
  `
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', imports + script], {
    cwd: packageRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stderr }
}
