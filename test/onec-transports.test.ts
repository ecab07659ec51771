/** What is promised about a directory that a 1C base shares with us, and about the port at which one asks for work, when they are not as they should be. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { upstreams as upstreamRows } from '../app/store/schema.ts'
import { startFileBase, startPollingBase } from './fakes/onec-away.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { freePort } from './program.ts'
import { until } from './until.ts'

let store: OpenStore
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreamRows)
})

async function system(entry: object): Promise<UpstreamYard> {
  const upstreams = [{ name: 'erp', kind: 'onec', prefix: '', check_every: 0.1, ...entry }]
  const started = await startUpstreamYard(store.database, {}, { entries: upstreams })
  undo.push(() => started.stop())
  return started
}

const stopping = <T extends { stop(): Promise<void> }>(started: T): T => {
  undo.push(() => started.stop())
  return started
}

describe('over a directory', () => {
  async function directory(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'switchyard-1c-'))
    undo.push(() => rm(made, { recursive: true }))
    return made
  }

  test('a directory that is not there is said so', async () => {
    const running = await system({ transport: 'file', directory: '/nowhere/at/all' })
    expect(running.state('erp').error).toMatch(/^erp: the directory \/nowhere\/at\/all cannot be used/)
  })

  test('what others have put there stays', async () => {
    const place = await directory()
    await mkdir(join(place, 'out'))
    await writeFile(join(place, 'out', 'own.json'), 'theirs')
    stopping(startFileBase(place))
    const running = await system({ transport: 'file', directory: place, poll_interval: 0.01 })
    await running.becomes('erp', 'connected')
    expect(await readdir(join(place, 'out'))).toEqual(['own.json'])
  })
})

describe('for a base that asks for work', () => {
  async function polled(entry: object = {}): Promise<{ running: UpstreamYard; url: string; port: number }> {
    const port = await freePort()
    const running = await system({ transport: 'httppoll', port, ...entry })
    return { running, url: `http://127.0.0.1:${port}`, port }
  }
  const status = async (url: string, init?: RequestInit) => (await fetch(url, init)).status

  test('one that nobody fetches says so', async () => {
    const { running } = await polled({ timeout: 0.3 })
    await until('it was tried', () => running.state('erp').error !== null)
    expect(running.state('erp').error).toMatch(
      /^erp: initialize was not fetched: the base does not ask for work \(after 0\.\d s\)$/,
    )
  })

  test('a token keeps strangers out, and no page of a browser takes anything away', async () => {
    const token = 'a-token-of-many-letters'
    const { running, url } = await polled({ token })
    const headers = { authorization: `Bearer ${token}` }
    expect(await status(`${url}/poll`)).toBe(401)
    expect(await status(`${url}/poll`, { headers: { ...headers, authorization: 'Bearer wrong' } })).toBe(401)
    expect(await status(`${url}/poll`, { headers: { ...headers, origin: 'https://evil.example' } })).toBe(403)
    stopping(startPollingBase(url, {}, headers))
    await running.becomes('erp', 'connected')
  })

  test('its port is free again after a stop, and what waited has an answer', async () => {
    const { running, url } = await polled()
    await running.stop()
    undo.pop()
    await expect(fetch(`${url}/health`)).rejects.toThrow()
  })

  test('a port that is taken ends the start with a sentence that says whose', async () => {
    const { port } = await polled()
    await expect(system({ name: 'second', transport: 'httppoll', port })).rejects.toThrow(
      `port ${port} on 127.0.0.1, where the base second asks for work, is taken by another process: stop that one, or give second another port`,
    )
  })
})
