/** What is promised to somebody whose browser has another page open: that page reads nothing here, and changes nothing. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Command } from '../app/call.ts'
import { password } from './fakes/admin.ts'
import { openBrowser, openPage } from './fakes/browser.ts'
import { type HostilePage, serveHostilePage, type Target } from './fakes/hostile-page/serve.ts'
import { start, type TestSystem } from './start.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

let runs = 0
const touching: Command = {
  kind: 'tool',
  name: 'touch',
  owner: 'test',
  scope: 'call',
  definition: { name: 'touch', description: 'Changes something', inputSchema: { type: 'object' } },
  run: () => {
    runs++
    return Promise.resolve({ content: [] })
  },
}

let system: TestSystem
let hostile: HostilePage
let browser: Browser
let page: Page
let targets: Target[]

beforeAll(async () => {
  system = await start({})
  system.yard.catalog.offer('test', [touching])
  hostile = await serveHostilePage()
  // All of them lead here, as a name of an attacker's may at any time.
  const names = ['page.example', 'rebind.example'].map((name) => `MAP ${name} 127.0.0.1`)
  browser = await openBrowser([`--host-resolver-rules=${names.join(',')}`])
  ;({ page } = await openPage(browser))
  // Somebody is signed in in this browser.
  await page.goto((await system.firstLink())!)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Choose and sign in' }).click()
  await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
  const pathsOf = (port: string) => [
    ...new Set(
      system.routes
        .filter((route) => route.port === port)
        .map(({ path }) => path.replace(':name', 'touch').replace(/:\w+|\*/g, 'x')),
    ),
  ]
  targets = [
    { base: system.url, paths: pathsOf('mcp'), tool: 'touch' },
    { base: system.adminUrl, paths: pathsOf('admin'), tool: 'touch' },
  ]
})
afterAll(async () => {
  await browser?.close()
  await hostile?.stop()
  await system?.stop()
})

/** All that a page could have changed. */
async function state() {
  const me = await page.evaluate(
    async (paths: string[]) => {
      const answers = await Promise.all(
        paths.map(async (path) => (await (await fetch(`/api/v1/${path}`)).json()) as Record<string, unknown>),
      )
      return answers.map((answer) => JSON.stringify(answer))
    },
    ['keys', 'auth/me', 'tools/executions/history?limit=100'],
  )
  const [keys, self, history] = me.map((text) => JSON.parse(text) as Record<string, unknown>)
  const rows = ((history!.items ?? history!.executions ?? history!.rows ?? []) as { via: string }[]).filter(
    ({ via }) => via !== 'admin',
  )
  return { runs, sessions: system.yard.sessions.list().length, keys, user: self!.user, rows }
}

describe.each([
  ['another port of this machine', () => `http://127.0.0.1:${hostile.port}`],
  ['another site', () => `http://page.example:${hostile.port}`],
])('a page of %s', (_, origin) => {
  test('reads nothing on either port, and changes nothing', async () => {
    const before = await state()
    const visitor = await page.context().newPage()
    await visitor.goto(`${origin()}/`)
    expect(await visitor.evaluate(`attack(${JSON.stringify(targets)})`)).toEqual([])
    // A frame that was refused holds Chromium's own page of an error, and no other.
    const framed = visitor.frames().filter((frame) => frame !== visitor.mainFrame())
    expect(framed.length).toBeGreaterThan(100)
    const shown = await Promise.all(
      framed.map((frame) => frame.evaluate('document.title + document.body?.innerText').catch(() => '')),
    )
    expect(shown.join(' ')).not.toMatch(/switchyard|touch|csrf/i)
    await visitor.close()
    expect(await state()).toEqual(before)
  })
})

test.each(['url', 'adminUrl'] as const)('a name that is led to this machine later on reads nothing of %s', async (port) => {
  const { port: number } = new URL(system[port])
  const visitor = await page.context().newPage()
  const response = await visitor.goto(`http://rebind.example:${number}/`)
  expect(response?.status()).toBe(403)
  const statuses = await visitor.evaluate(
    async (paths: string[]) => {
      const answers = await Promise.all(paths.flatMap((path) => [fetch(path), fetch(path, { method: 'POST', body: '{}' })]))
      return [...new Set(answers.map(({ status }) => status))]
    },
    targets[port === 'url' ? 0 : 1]!.paths as string[],
  )
  expect(statuses).toEqual([403])
  await visitor.close()
})

test('the tool that would have run does run when it is asked for rightly', async () => {
  const before = runs
  await fetch(`${system.url}/api/commands/touch`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
  expect(runs).toBe(before + 1)
})
