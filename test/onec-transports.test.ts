/** What is promised about 1C bases that no request reaches: over a directory, and over a port at which they ask for work. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { upstreams as upstreamRows } from '../app/store/schema.ts'
import { connect, textOf } from './clients.ts'
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
  const started = await startUpstreamYard(store.database, {}, { upstreams })
  undo.push(() => started.stop())
  return started
}

async function client(to: UpstreamYard): Promise<Client> {
  const connected = await connect('http', to.url)
  undo.push(() => connected.close())
  return connected
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
  const left = async (place: string) => [...(await readdir(join(place, 'in'))), ...(await readdir(join(place, 'out')))]

  test('requests are answered, also in halves and with a byte order mark, and nothing is left behind', async () => {
    const place = await directory()
    const far = stopping(startFileBase(place))
    const running = await system({ transport: 'file', directory: place, poll_interval: 0.01 })
    await running.becomes('erp', 'connected')
    expect(running.state('erp')).toMatchObject({ transport: 'file', tools: 2, server: { name: '1C MCP Server' } })
    const asked = await client(running)
    const answers = await Promise.all([1, 2, 3].map((limit) => asked.callTool({ name: 'list_orders', arguments: { limit } })))
    expect(answers.map(textOf)).toEqual(['1 rows', '2 rows', '3 rows'])
    expect(far.asked.filter(({ method }) => method === 'tools/call')).toHaveLength(3)
    expect(await left(place)).toEqual([])
  })

  test('what is not answered in time is taken back, and an answer that comes later is thrown away', async () => {
    const place = await directory()
    const far = stopping(startFileBase(place))
    const running = await system({ transport: 'file', directory: place, poll_interval: 0.01, timeout: 0.3 })
    await running.becomes('erp', 'connected')
    await far.stop()
    const asked = await client(running)
    const result = (await asked.callTool({ name: 'list_orders' })) as Json
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/^erp: tools\/call list_orders was not answered: nothing came into out \(after 0\.\d s\)$/)
    await running.becomes('erp', 'stale')
    await until('the requests are gone', async () => (await readdir(join(place, 'in'))).length === 0)
    stopping(startFileBase(place))
    await running.becomes('erp', 'connected')
    expect(textOf(await asked.callTool({ name: 'list_orders' }))).toBe('3 rows')
  })

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
  const post = { method: 'POST', body: '{}' }

  test('requests are fetched and answered', async () => {
    const { running, url } = await polled()
    const far = stopping(startPollingBase(url))
    await running.becomes('erp', 'connected')
    const asked = await client(running)
    const answers = await Promise.all([1, 2, 3].map((limit) => asked.callTool({ name: 'list_orders', arguments: { limit } })))
    expect(answers.map(textOf)).toEqual(['1 rows', '2 rows', '3 rows'])
    expect(far.asked.filter(({ method }) => method === 'tools/call')).toHaveLength(3)
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok', pending: 0, inflight: 0 })
  })

  test('one that was taken is given to nobody else; its answer is taken once, and refused when nobody waits any more', async () => {
    const { running, url } = await polled({ timeout: 0.5, check_every: 60 })
    const far = startPollingBase(url)
    await running.becomes('erp', 'connected')
    await far.stop()
    const asked = await client(running)
    const answer = asked.callTool({ name: 'list_orders' })
    let ticket: string | null = null
    await until('the call waits', async () => {
      const response = await fetch(`${url}/poll`)
      ticket = response.headers.get('x-mcp-ticket')
      return response.status === 200
    })
    expect(await status(`${url}/poll`)).toBe(204)
    expect(await status(`${url}/result/${ticket}`, { method: 'POST', body: 'no json' })).toBe(400)
    const result = (await answer) as Json
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/^erp: tools\/call list_orders was taken by the base and not answered \(after 0\.\d s\)$/)
    expect(await status(`${url}/result/${ticket}`, post)).toBe(410)
    expect(await status(`${url}/result/another`, post)).toBe(404)
  })

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
