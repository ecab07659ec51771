/** What is promised about 1C bases that no request reaches: over a directory, and over requests of their own. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../app/config.ts'
import { upstreams } from '../app/store/schema.ts'
import { connect, textOf } from './clients.ts'
import { type FtpServer, hasFtpServer, startFtpServer } from './fakes/ftp-server.ts'
import { type AwayBase, startFileBase, startPollingBase } from './fakes/onec-away.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { freePort } from './services/free-port.ts'
import { until } from './until.ts'

const token = 'a token of the base'.replaceAll(' ', '-')

let store: OpenStore
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreams)
})

interface Away {
  readonly base: AwayBase
  readonly yard: UpstreamYard
  readonly client: Client
}

async function system(entry: object): Promise<UpstreamYard> {
  const entries = [{ name: 'erp', kind: 'onec', prefix: '', check_every: 0.2, ...entry }]
  const yard = await startUpstreamYard(store.database, {}, { entries })
  undo.push(() => yard.stop())
  return yard
}

async function begin(base: AwayBase, entry: object): Promise<Away> {
  undo.push(() => base.stop())
  const yard = await system(entry)
  await yard.becomes('erp', 'connected')
  const client = await connect('sse', yard.url)
  undo.push(() => client.close())
  return { base, yard, client }
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'switchyard-exchange-'))
  undo.push(() => rm(path, { recursive: true, force: true }))
  return path
}

async function overDirectory(more: object = {}): Promise<Away & { readonly path: string }> {
  const path = await directory()
  const away = await begin(startFileBase(path), { transport: 'file', directory: path, poll_interval: 0.02, ...more })
  return { ...away, path }
}

async function overFtp(more: object = {}): Promise<Away & { readonly path: string; readonly ftp: FtpServer }> {
  const path = await directory()
  const ftp = await startFtpServer(path)
  undo.push(() => ftp.stop())
  const base = startFileBase(path)
  // The base itself lies where the files are.
  const away = await begin(base, { transport: 'file', directory: ftp.url, poll_interval: 0.05, ...more })
  return { ...away, path, ftp }
}

async function overPolls(more: object = {}): Promise<Away & { readonly url: string }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const base = startPollingBase(url, {}, { authorization: `Bearer ${token}` })
  return { ...(await begin(base, { transport: 'httppoll', port, token, ...more })), url }
}

describe.each([
  ['a directory', overDirectory],
  ...(hasFtpServer ? [['FTP', overFtp] as const] : []),
  ['polls', overPolls],
] as const)('over %s', (_, start) => {
  test('tools are listed and called, with answers that come in halves and begin with a mark', async () => {
    const { client } = await start()
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('list_orders')
    expect(textOf(await client.callTool({ name: 'list_orders', arguments: { limit: 5 } }))).toBe('5 rows')
    const many = await Promise.all([1, 2, 3, 4].map((limit) => client.callTool({ name: 'list_orders', arguments: { limit } })))
    expect(many.map(textOf)).toEqual(['1 rows', '2 rows', '3 rows', '4 rows'])
  })

  test('a base that stays silent costs one call its time, with method and seconds, and the next one works', async () => {
    const { client, base } = await start({ timeout: 2 })
    base.silent = true
    const result = await client.callTool({ name: 'list_orders' })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/erp: tools\/call list_orders .*\d s/)
    base.silent = false
    await until('it works', async () => textOf(await client.callTool({ name: 'list_orders' })) === '3 rows')
  })
})

test.each([['in the directory', overDirectory], ...(hasFtpServer ? [['on the FTP server', overFtp] as const] : [])] as const)(
  'nothing is left %s, of requests that nobody took neither',
  async (_, start) => {
    const { client, base, path } = await start({ timeout: 2 })
    await client.callTool({ name: 'list_orders' })
    await base.stop()
    expect((await client.callTool({ name: 'list_orders' })).isError).toBe(true)
    const left = async () => [...(await readdir(join(path, 'in'))), ...(await readdir(join(path, 'out')))]
    // The looks of the server itself come and go.
    await until('it is empty', async () => (await left()).length === 0)
  },
)

test.runIf(hasFtpServer)('an FTP server that is away is said so, without its password, and found again', async () => {
  const { client, yard, ftp } = await overFtp()
  await ftp.stop()
  const failed = await client.callTool({ name: 'list_orders' })
  expect(failed.isError).toBe(true)
  expect(textOf(failed)).toMatch(/^erp: ftp:\/\/127\.0\.0\.1\/ cannot be used: /)
  expect(textOf(failed)).not.toContain('geheim')
  await yard.becomes('erp', 'stale')
  await ftp.start()
  await until('it works', async () => textOf(await client.callTool({ name: 'list_orders' })) === '3 rows')
})

test('a directory that is not there is said so', async () => {
  const running = await system({ transport: 'file', directory: '/nowhere/at/all' })
  expect(running.state('erp').error).toMatch(/^erp: the directory \/nowhere\/at\/all cannot be used/)
})

test('what others have put there stays', async () => {
  const place = await directory()
  await mkdir(join(place, 'out'))
  await writeFile(join(place, 'out', 'own.json'), 'theirs')
  const base = startFileBase(place)
  undo.push(() => base.stop())
  const running = await system({ transport: 'file', directory: place, poll_interval: 0.01 })
  await running.becomes('erp', 'connected')
  expect(await readdir(join(place, 'out'))).toEqual(['own.json'])
})

describe('the address that a base asks at', () => {
  async function polled(entry: object = {}): Promise<{ running: UpstreamYard; url: string; port: number }> {
    const port = await freePort()
    const running = await system({ transport: 'httppoll', port, ...entry })
    return { running, url: `http://127.0.0.1:${port}`, port }
  }

  test('wants the token, knows only tickets that it gave, and says how it is', async () => {
    const { url } = await overPolls()
    const headers = { authorization: `Bearer ${token}` }
    const status = async (more: object) => (await fetch(`${url}/poll`, { headers: { ...more } })).status
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401)
    expect(await status({ ...headers, origin: 'https://evil.example' })).toBe(403)
    expect((await fetch(`${url}/result/none`, { method: 'POST', headers, body: '{}' })).status).toBe(404)
    const health = await fetch(`${url}/health`, { headers })
    expect(await health.json()).toMatchObject({ pending: expect.any(Number), inflight: expect.any(Number) })
  })

  test('takes an answer once, and remembers a ticket that came too late', async () => {
    const port = await freePort()
    const base = startPollingBase(`http://127.0.0.1:${port}`)
    const { client } = await begin(base, { transport: 'httppoll', port, timeout: 2, check_every: 60 })
    await base.stop()
    const called = client.callTool({ name: 'list_orders' })
    let taken: Response | undefined
    await until('the request can be had', async () => {
      taken = await fetch(`http://127.0.0.1:${port}/poll`)
      return taken.status === 200
    })
    expect((await fetch(`http://127.0.0.1:${port}/poll`)).status).toBe(204)
    expect((await called).isError).toBe(true)
    const late = `http://127.0.0.1:${port}/result/${taken!.headers.get('x-mcp-ticket')}`
    expect((await fetch(late, { method: 'POST', body: '{}' })).status).toBe(410)
  })

  test('one that nobody fetches says so', async () => {
    const { running } = await polled({ timeout: 1 })
    await until('it was tried', () => running.state('erp').error !== null)
    expect(running.state('erp').error).toMatch(
      /^erp: initialize was not fetched: the base does not ask for work \(after \d+(\.\d)? s\)$/,
    )
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

  test.each([
    ['9090', 'server.port'],
    ['9091', 'server.admin_port'],
  ])('is not that of our own port %s', (port, setting) => {
    const env = { MCP_ONEC_TRANSPORT: 'httppoll', MCP_HTTPPOLL_PORT: port }
    expect(() => loadConfig({ flags: {}, env, cwd: '/', home: '/' })).toThrow(`must differ from ${setting}`)
  })
})
