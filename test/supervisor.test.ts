/** What is promised about the programs that run as our children: they have what they need, nothing more, and none outlives us. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isAlive, startTimeOf } from '../app/process-table.ts'
import { secrets } from '../app/secrets.ts'
import { removeOrphans } from '../app/upstreams/child/ledger.ts'
import { endGroup } from '../app/upstreams/child/process-group.ts'
import { type Child, type ChildSpec, spawnChild } from '../app/upstreams/child/supervisor.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { fileLedger, memoryLedger } from './fakes/ledgers.ts'

vi.setConfig({ testTimeout: 120_000 })

const script = (text: string) => ({ command: 'sh', args: ['-c', text] })
const ourEnvironment = {
  PATH: process.env.PATH,
  HOME: '/home/somebody',
  SECRET_KEY: 'hush',
  DATABASE_URL: 'postgres://me:pw@db/x',
}

let folder: string
let ledger: ReturnType<typeof memoryLedger>
let log: ReturnType<typeof collectedLog>
let children: Child[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-supervisor-'))
  ledger = memoryLedger()
  log = collectedLog()
  children = []
})

afterEach(async () => {
  await Promise.all(children.map((child) => child.stop()))
  await rm(folder, { recursive: true })
})

async function start(spec: Partial<ChildSpec>, tools: Partial<Parameters<typeof spawnChild>[1]> = {}): Promise<Child> {
  const whole = { upstream: 'files', command: 'cat', args: [], env: {}, cwd: null, ...spec }
  const child = await spawnChild(whole, { ledger, log, baseEnv: ourEnvironment, ...tools })
  children.push(child)
  return child
}

async function firstLine(stream: Readable): Promise<string> {
  const reader = createInterface({ input: stream })
  const [line] = await once(reader, 'line')
  reader.close()
  return line
}

async function everything(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

const lifeOf = (pid: number) => ({ pid, startTime: startTimeOf(pid) ?? 'none' })
const lives = ({ pid, startTime }: { pid: number; startTime: string }) => isAlive(pid, startTime)
const gone = (life: { pid: number; startTime: string }) =>
  vi.waitFor(() => expect(lives(life)).toBe(false), { timeout: 10_000, interval: 10 })

describe('the end of a child', () => {
  test('a child that leaves at the end of its stdin is not signalled', async () => {
    const child = await start({})
    await child.stop()
    expect(await child.ended).toEqual({ code: 0, signal: null })
    expect(ledger.rows.size).toBe(0)
  })

  test('a child that ignores the end of its stdin gets a TERM and may clean up', async () => {
    const child = await start(script('trap "echo cleaned; exit 7" TERM; echo ready; while :; do sleep 0.05; done'))
    expect(await firstLine(child.stdout)).toBe('ready')
    const rest = everything(child.stdout)
    await child.stop()
    expect(await child.ended).toEqual({ code: 7, signal: null })
    expect(await rest).toContain('cleaned')
  })

  test('a child that ignores TERM too is killed', async () => {
    const child = await start(script('trap "" TERM; echo ready; while :; do sleep 0.05; done'))
    await firstLine(child.stdout)
    await child.stop()
    expect(await child.ended).toEqual({ code: null, signal: 'SIGKILL' })
    expect(ledger.rows.size).toBe(0)
  })

  test('a grandchild is ended when its parent dies, before the ledger row goes', async () => {
    const child = await start(script('sleep 600 & echo $!; read line; exit 3'))
    const grandchild = lifeOf(Number(await firstLine(child.stdout)))
    expect(lives(grandchild)).toBe(true)
    child.stdin.write('go\n')
    expect(await child.ended).toEqual({ code: 3, signal: null })
    expect(lives(grandchild)).toBe(false)
    await child.stop()
    expect(ledger.rows.size).toBe(0)
  })

  test('a grandchild that ignores TERM is killed with the group', async () => {
    const child = await start(script('(trap "" TERM; exec sleep 600) & echo $!; read line'))
    const grandchild = lifeOf(Number(await firstLine(child.stdout)))
    await child.stop()
    expect(lives(grandchild)).toBe(false)
  })

  test('stopping twice, and after the end, is harmless', async () => {
    const child = await start({})
    await Promise.all([child.stop(), child.stop()])
    await child.stop()
    expect(lives(lifeOf(child.pid))).toBe(false)
  })
})

describe('what a killed Switchyard leaves behind', () => {
  const owners: ChildProcessWithoutNullStreams[] = []
  const left: ReturnType<typeof lifeOf>[] = []

  afterEach(async () => {
    for (const owner of owners.splice(0)) owner.kill('SIGKILL')
    for (const child of left.splice(0)) if (lives(child)) await endGroup(child.pid, { grace: 1_000 })
  })

  /** Runs a process that starts a child; gives both when the child has its pid. */
  async function startOwner(...args: string[]) {
    const program = fileURLToPath(new URL('./fakes/upstream-owner.ts', import.meta.url))
    const owner = spawn(process.execPath, ['--import', 'tsx', program, join(folder, 'ledger.json'), ...args])
    owners.push(owner)
    const child = lifeOf(Number(await firstLine(owner.stdout)))
    left.push(child)
    return { owner, child }
  }

  test('the next start ends the orphan and removes its row', async () => {
    const { owner, child } = await startOwner()
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    expect(lives(child)).toBe(true)
    const left = fileLedger(join(folder, 'ledger.json'))
    expect(await left.orphans()).toMatchObject([{ pid: child.pid, upstream: 'stubborn', command: 'sleep' }])
    expect(await removeOrphans(left, log)).toBe(1)
    expect(lives(child)).toBe(false)
    expect(await left.orphans()).toEqual([])
  })

  test('a kill before the row is written leaves no process', async () => {
    const { owner, child } = await startOwner('hangs')
    expect(child.startTime).not.toBe('none')
    owner.kill('SIGKILL')
    await gone(child)
  })

  test('a hard exit takes the children along', async () => {
    const { owner, child } = await startOwner()
    owner.stdin.write('end\n')
    expect(await once(owner, 'exit')).toEqual([1, null])
    await gone(child)
  })

  test('a pid that somebody else has by now is left alone', async () => {
    const other = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    await once(other, 'spawn')
    const life = lifeOf(other.pid!)
    left.push(life)
    await ledger.add({ pid: life.pid, startTime: `${life.startTime}0`, upstream: 'files', command: 'npx' })
    expect(await removeOrphans(ledger, log)).toBe(0)
    expect(lives(life)).toBe(true)
    expect(ledger.rows.size).toBe(0)
  })

  test('a ledger that is away does not fail the start', async () => {
    const away = { ...ledger, orphans: () => Promise.reject(new Error('no database')) }
    expect(await removeOrphans(away, log)).toBe(0)
    expect(log.lines).toMatchObject([{ level: 'warn' }])
  })
})

describe('the ledger', () => {
  test('has the row, with the start time, before the program begins', async () => {
    let runs = ''
    const looking = {
      ...ledger,
      async add(entry: Parameters<typeof ledger.add>[0]) {
        // The second look: by then the program would have begun.
        for (let look = 0; look < 2; look++)
          runs = (await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(entry.pid)])).stdout
        return ledger.add(entry)
      },
    }
    const child = await start({}, { ledger: looking })
    expect(runs).not.toContain('cat')
    expect([...ledger.rows.values()]).toMatchObject([{ ...lifeOf(child.pid), upstream: 'files', command: 'cat' }])
  })

  test('that fails costs a warning, not the upstream', async () => {
    const child = await start({}, { ledger: { ...ledger, add: () => Promise.reject(new Error('no database')) } })
    child.stdin.write('hello\n')
    expect(await firstLine(child.stdout)).toBe('hello')
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', event: expect.stringContaining('ledger row not written') }),
    )
  })

  test('that answers late gets its row removed all the same', async () => {
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slow = { ...ledger, add: (entry: Parameters<typeof ledger.add>[0]) => answered.then(() => ledger.add(entry)) }
    const child = await start({}, { ledger: slow })
    const stopped = child.stop()
    await child.ended
    answer()
    await stopped
    expect(ledger.rows.size).toBe(0)
  })
})

describe('the environment of a child', () => {
  test('is what is configured and the few variables that every program needs', async () => {
    const child = await start({ command: 'env', env: { API_KEY: 'given to it', HOME: '/elsewhere' } })
    const variables = (await everything(child.stdout)).trim().split('\n').sort()
    expect(variables).toEqual(['API_KEY=given to it', 'HOME=/elsewhere', `PATH=${process.env.PATH}`])
  })

  test('keeps names that a shell cannot hold', async () => {
    const child = await start({ command: 'env', env: { 'npm_config_//registry.example/:_authToken': 'abc' } })
    expect(await everything(child.stdout)).toContain('npm_config_//registry.example/:_authToken=abc\n')
  })

  test('arguments arrive as they were written', async () => {
    const args = ['%s|', 'two words', '$HOME', "it's", '*', '']
    const child = await start({ command: 'printf', args })
    expect(await everything(child.stdout)).toBe("two words|$HOME|it's|*||")
  })

  test('a relative command is looked for in the configured folder', async () => {
    await writeFile(join(folder, 'server.sh'), '#!/bin/sh\npwd\n', { mode: 0o755 })
    const child = await start({ command: './server.sh', cwd: folder })
    expect(await everything(child.stdout)).toBe(`${folder}\n`)
  })
})

describe('a wrong setting is named', () => {
  test('a program that does not exist', async () => {
    await expect(start({ command: 'npxx' })).rejects.toThrow(
      'files: command "npxx" was not found; check mcpServers.files.command',
    )
  })

  test('a file that may not be executed', async () => {
    await writeFile(join(folder, 'server.js'), '')
    const file = join(folder, 'server.js')
    await expect(start({ command: file })).rejects.toThrow(`files: "${file}" may not be executed; chmod +x it`)
  })

  test('a folder that does not exist', async () => {
    await expect(start({ cwd: '/no/such' })).rejects.toThrow('files: folder "/no/such" was not found; check mcpServers.files.cwd')
  })

  test('an argument that the system refuses', async () => {
    await expect(start({ args: ['a\0b'] })).rejects.toThrow('files: "cat" could not be started')
  })
})

describe('what a child says on stderr', () => {
  const said = () => log.of('upstream stderr')

  test('stands in the log with the name of the upstream, without colours', async () => {
    const child = await start(script('printf "\\033[31mno licence\\033[0m\\nbye" >&2'))
    await child.ended
    expect(said().map(({ fields }) => fields)).toEqual([
      { upstream: 'files', line: 'no licence' },
      { upstream: 'files', line: 'bye' },
    ])
  })

  test('is cut where a line is longer than 8 KiB', async () => {
    const child = await start(script('head -c 100000 /dev/zero | tr "\\0" x >&2; echo >&2; echo after >&2'))
    await child.ended
    expect(said().map(({ fields }) => fields)).toEqual([
      // A secret may be cut in two there, so as much as one may have is left out.
      { upstream: 'files', line: `${'x'.repeat(8192 - secrets.longest)}...`, bytes: 100_000 },
      { upstream: 'files', line: 'after' },
    ])
  })

  test('is counted where it is too much, and its end is kept', async () => {
    const child = await start(script('seq 1 50000 >&2'))
    await child.ended
    const dropped = log.of('upstream stderr: lines dropped').reduce((sum, { fields }) => sum + Number(fields.dropped), 0)
    expect(dropped).toBeGreaterThan(0)
    expect(said().length + dropped).toBe(50_000)
    expect(child.lastWords).toEqual(['49996', '49997', '49998', '49999', '50000'])
  })
})
