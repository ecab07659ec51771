/** What is promised to whoever watches a server in front of 1C bases: health says how the base is, and `check` what is wrong with it. */
import { afterEach, expect, test, vi } from 'vitest'
import type { Finding } from '../app/cli/probe.ts'
import { type OnecBase, type Published, startOnecBase } from './fakes/onec-base.ts'
import { type OnecSpec, orders } from './fakes/onec-dispatcher.ts'
import { openHome } from './program.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

// A database each, and the program that checks, on a machine that others use too.
vi.setConfig({ testTimeout: 60_000 })

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

async function base(spec: Partial<OnecSpec> = {}, web: Partial<Published> = {}): Promise<OnecBase> {
  const started = await startOnecBase(spec, web)
  undo.push(() => started.stop())
  return started
}

async function system(options: Parameters<typeof start>[0]): Promise<TestSystem> {
  const started = await start(options)
  undo.push(() => started.stop())
  return started
}

async function health({ url }: TestSystem, path = '/health'): Promise<Record<string, unknown>> {
  const response = await fetch(url + path)
  return { code: response.status, ...((await response.json()) as Record<string, unknown>) }
}

const often = { check_every: 0.2 }

test('in front of one base alone it is as well as the base, and well again after it without a restart', async () => {
  const far = await base()
  const running = await system({ file: { upstreams: [{ name: 'erp', kind: 'onec', url: far.url, ...often }] } })
  expect(await health(running)).toMatchObject({ code: 200, status: 'healthy', onec_connection: 'ok' })
  await far.stop()
  await until('it is unhealthy', async () => (await health(running)).code === 503)
  expect(await health(running)).toMatchObject({
    status: 'unhealthy',
    onec_connection: 'error',
    error_details: expect.stringMatching(/^erp: \/Trade\/hs\/mcp\/health \(GET\) .* s: ./),
  })
  // No other replica would be better off, so a balancer need not turn away.
  expect(await health(running, '/health/ready')).toMatchObject({ code: 200 })
  await far.start()
  await until('it is healthy', async () => (await health(running)).code === 200)
  expect(await health(running)).toMatchObject({ status: 'healthy', onec_connection: 'ok' })
})

test('tells a password that is wrong from a base that is away; beside another upstream it is degraded', async () => {
  const far = await base({}, { users: { robot: 'right' } })
  const other = await base()
  const entry = { kind: 'onec', ...often }
  const running = await system({
    file: {
      upstreams: [
        { ...entry, name: 'erp', url: far.url, username: 'robot', password: 'wrong' },
        { ...entry, name: 'crm', url: other.url },
      ],
    },
  })
  const said = await health(running)
  expect(said).toMatchObject({ code: 200, status: 'degraded', onec_connection: 'auth_failed' })
  expect(said.error_details).toMatch(/^erp: .*does not let robot in/)
  expect(JSON.stringify(said)).not.toContain('wrong')
})

test('says nothing of 1C where there is none', async () => {
  expect(await health(await system({}))).not.toHaveProperty('onec_connection')
})

test('a base that variables describe is served under its own names, and /info says where', async () => {
  const far = await base({}, { users: { robot: '' } })
  const running = await system({ env: { MCP_ONEC_URL: far.url, MCP_ONEC_USERNAME: 'robot', MCP_TRANSPORT: 'http' } })
  const listed = await fetch(`${running.url}/api/commands/list_orders`)
  expect(listed.status).toBe(200)
  expect(await (await fetch(`${running.url}/info`)).json()).toMatchObject({
    name: 'switchyard',
    version: expect.any(String),
    description: expect.any(String),
    endpoints: { sse: '/sse', streamable_http: '/mcp' },
    transports: expect.arrayContaining(['sse', 'streamable_http']),
  })
})

test('check tries each base directly: what it offers, what was left out, and what is wrong with it', async () => {
  const whole = await base()
  const broken = await base({ tools: [orders, { description: 'x' }] }, { users: { robot: 'right' } })
  const home = await openHome()
  undo.push(() => home.remove())
  const entry = { kind: 'onec', username: 'robot', password: 'right' }
  const upstreams = [
    { ...entry, name: 'whole', url: whole.url },
    { ...entry, name: 'odd', url: broken.url },
    { ...entry, name: 'shut', url: broken.url, password: 'wrong' },
    { ...entry, name: 'lower', url: whole.url.replace('Trade', 'trade') },
  ]
  const { code, stdout } = await home.run(['check', '--json', '--no-server'], { file: { upstreams } })
  const rows = Object.fromEntries((JSON.parse(stdout) as { rows: Finding[] }).rows.map((row) => [row.name, row]))
  expect(rows.whole).toMatchObject({
    what: 'upstream, 1C',
    state: 'ok',
    detail: '2 tools, 1 resource, 1 prompt, 1C MCP Server 1.0.0',
  })
  expect(rows.odd).toMatchObject({ state: 'ok', detail: expect.stringMatching(/^1 tool, .*; left out: tools\[1]: has no name$/) })
  expect(rows.shut).toMatchObject({ state: 'failed', detail: expect.stringMatching(/does not let robot in/) })
  expect(rows.lower).toMatchObject({ state: 'failed', detail: expect.stringMatching(/upper|capital letters/) })
  expect(rows.stdio).toMatchObject({ state: 'ok' })
  expect(code).toBe(1)
})
