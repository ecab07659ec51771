/** What is promised about clients that others have made: each works over every transport that it has, in both eras, at one server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { packageRoot } from '../app/root.ts'
import type { Report } from './compatibility/clients/drive.ts'
import { connectV1 } from './compatibility/clients/v1.ts'
import { type Cell, cells, nameOf } from './compatibility/matrix.ts'
import { pageOf } from './compatibility/page.ts'
import { problemsOf, runAll } from './compatibility/run.ts'
import { type Server, startServer } from './compatibility/server.ts'
import { Events, messageOf, post, request } from './fakes/wire.ts'
import { leftOut } from './missing.ts'
import { installPeers, node24 } from './services/peers.ts'

/** Whether the clients are there, or can be installed. */
async function havePeers(): Promise<boolean> {
  try {
    await installPeers()
    await node24()
    return true
  } catch (error) {
    leftOut('The clients cannot be installed, so NO CLIENT IS TRIED.', error)
    return false
  }
}

describe.skipIf(!(await havePeers()))('at one server', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server?.stop())

  describe('every client over every transport', () => {
    let results: ReadonlyMap<Cell, Report>
    beforeAll(async () => {
      results = await runAll(server)
    }, 900_000)

    test.each(cells.map((cell) => [nameOf(cell.row), cell.transport, cell.speaks, cell] as const))(
      '%s over %s speaks %s, and does all that it can',
      (_name, _transport, _revision, cell) => {
        expect(problemsOf(cell, results.get(cell)!)).toEqual([])
      },
    )

    test('docs/compatibility.md is what this run has found: npm run compatibility writes it', () => {
      expect(readFileSync(join(packageRoot, 'docs', 'compatibility.md'), 'utf8')).toBe(pageOf(results))
    })
  })

  test('a client of 2024-11-05 and one of 2026-07-28 each wait for the other, call for call', async () => {
    const discovered = await messageOf(await modern(server, 'server/discover'))
    expect(discovered.result).toMatchObject({ supportedVersions: expect.arrayContaining(['2026-07-28']) })
    const old = await connectV1('1.0.4', server.way('sse'))
    expect(old.version).toBe('2024-11-05')

    // Each count goes on only when the other client says that it was heard.
    const heard: string[] = []
    const oldCount = old.call(
      'count',
      { mark: 'old', to: 3 },
      {
        onProgress: ({ progress }) => {
          heard.push(`old ${progress}`)
          void modern(server, 'tools/call', { name: 'heard', arguments: { mark: 'old', step: progress } })
        },
      },
    )
    const response = await modern(server, 'tools/call', {
      name: 'count',
      arguments: { mark: 'new', to: 3 },
      _meta: { progressToken: 'p' },
    })
    const stream = new Events(response)
    for (let step = 1; step <= 3; step++) {
      expect(await stream.message()).toMatchObject({
        method: 'notifications/progress',
        params: { progress: step, progressToken: 'p' },
      })
      heard.push(`new ${step}`)
      await old.call('heard', { mark: 'new', step })
    }
    expect((await stream.message())?.result).toMatchObject({ content: [{ text: 'counted to 3' }], resultType: 'complete' })
    expect((await oldCount).content).toEqual([{ type: 'text', text: 'counted to 3' }])
    expect(heard.sort()).toEqual(['new 1', 'new 2', 'new 3', 'old 1', 'old 2', 'old 3'])
    await old.close()
  })

  test('both are told of a new tool, and both can call it', async () => {
    const old = await connectV1('1.0.4', server.way('sse'))
    const told = new Promise<void>((resolve) => void old.onToolsChanged?.(resolve))
    const stream = new Events(await modern(server, 'subscriptions/listen', { notifications: { toolsListChanged: true } }))
    expect(await stream.message()).toMatchObject({ method: 'notifications/subscriptions/acknowledged' })

    await old.call('make_tool', { name: 'made_for_both' })
    expect(await stream.message()).toMatchObject({ method: 'notifications/tools/list_changed' })
    await told
    const made = { content: [{ type: 'text', text: 'made' }] }
    expect(await old.call('made_for_both')).toMatchObject(made)
    expect((await messageOf(await modern(server, 'tools/call', { name: 'made_for_both' }))).result).toMatchObject(made)
    await stream.close()
    await old.close()
  })
})

/** A request of 2026-07-28 as Claude Code sends it: no session, and who asks in every request. */
function modern(server: Server, method: string, params: Json & { name?: string; _meta?: Json } = {}): Promise<Response> {
  const revision = '2026-07-28'
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: 'claude-code', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...params._meta,
  }
  const headers: Record<string, string> = { 'mcp-protocol-version': revision, 'mcp-method': method }
  if (params.name !== undefined) headers['mcp-name'] = params.name
  return post(`${server.url}/mcp`, request(method, { ...params, _meta }), headers)
}
