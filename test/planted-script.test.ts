/** What is promised to people at the panel: whatever a server, a tool or a client says is text there, and never runs. */
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { packageRoot } from '../app/root.ts'
import { password } from './fakes/admin.ts'
import { openBrowser, openPage } from './fakes/browser.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let system: TestSystem
let client: Client
let browser: Browser
let page: Page
let complaints: string[]
const dialogs: string[] = []

beforeAll(async () => {
  const planting = { command: process.execPath, args: [join(packageRoot, 'test/fakes/planting/server.mjs')] }
  const away = { url: 'http://127.0.0.1:9/<script>globalThis.__planted="address"</script>' }
  system = await start({ file: { mcpServers: { planting, away } } })
  await until('the upstream is connected', () => system.yard.catalog.find('tool', 'planting_texts'))
  client = new Client({
    name: '<img src=x onerror="globalThis.__planted=1">client',
    version: '<script>globalThis.__planted=2</script>',
  })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${system.url}/mcp`)))
  for (const name of ['planting_texts', 'planting_refuses', 'planting_breaks', '<script>globalThis.__planted=3</script>'])
    await client
      .callTool({ name, arguments: { choice: 'plain', '<b onmouseover=x>': '<script>globalThis.__planted=4</script>' } })
      .catch(() => {})
  browser = await openBrowser()
  ;({ page, complaints } = await openPage(browser))
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto((await system.firstLink())!)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Choose and sign in' }).click()
  await heading('Overview').waitFor()
})
afterAll(async () => {
  await browser?.close()
  await client?.close()
  await system?.stop()
})

const open = (path: string) => page.goto(`${system.adminUrl}/#/${path}`)
const heading = (name: string) => page.getByRole('heading', { name, exact: true })

/** Everything of the page is touched; then nothing may have run, and nothing may have become an element. */
afterEach(async () => {
  for (const one of await page.locator('main a:not([href^="#"])').all()) await one.hover().catch(() => {})
  expect(await page.evaluate('globalThis.__planted')).toBeUndefined()
  expect(
    await page
      .locator('img[src="x"], svg[onload], main script, main [onerror], main [onmouseover], a[href^="javascript:" i]')
      .count(),
  ).toBe(0)
  expect(dialogs).toEqual([])
  expect(complaints.filter((complaint) => /Content.Security|script/i.test(complaint))).toEqual([])
})

test('the list of tools, and what a search finds in it', async () => {
  await open('tools')
  await heading('Tools').waitFor()
  await page.getByText('<img src=x onerror=').first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('<script>')
})

test.each([
  ['planting_texts', 'text<img src=x'],
  ['planting_refuses', 'error text<img src=x'],
  ['planting_breaks', 'error<img src=x'],
])('the tool %s, its form and its answer', async (name, shown) => {
  await open(`tools/${name}`)
  await page.getByText('description<img src=x').first().waitFor()
  await page.getByText('member description<img src=x').first().waitFor()
  await page.getByRole('region', { name: 'Try it' }).getByRole('combobox').first().selectOption({ index: 1 })
  const answered = page.waitForResponse(/tools\/execute|execute/)
  await page.getByRole('button', { name: 'Call' }).click()
  await answered
  await page.getByText(shown).first().waitFor()
})

test('every tool whose name had to be another', async () => {
  const names = (await client.listTools()).tools.map(({ name }) => name)
  expect(names.filter((each) => each.startsWith('planting_'))).toHaveLength(4)
  for (const name of names.filter((each) => each.startsWith('planting_'))) {
    await open(`tools/${encodeURIComponent(name)}`)
    await page.getByRole('region', { name: 'Try it' }).waitFor()
  }
})

test('the history, each of its calls, and the overview', async () => {
  await open('history')
  await heading('History').waitFor()
  await page.getByRole('link', { name: 'planting_texts' }).first().waitFor()
  const calls = await page
    .locator('a[href^="#/history/"]')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')!))
  expect(calls.length).toBeGreaterThan(3)
  for (const call of new Set(calls)) {
    await page.goto(`${system.adminUrl}/${call}`)
    await heading('Arguments').waitFor()
  }
  await open('')
  await heading('Overview').waitFor()
})

test.each([
  ['upstreams', 'Upstreams', 'server<img src=x'],
  ['sessions', 'Sessions', '<img src=x onerror='],
  ['settings', 'Settings', ''],
])('the page of %s', async (path, title, shown) => {
  await open(path)
  await heading(title).waitFor()
  if (shown) await page.getByText(shown).first().waitFor()
})

test('the page of the commands on port 9090', async () => {
  const docs = await page.context().newPage()
  docs.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await docs.goto(`${system.url}/docs`)
  await docs.locator('.opblock').first().waitFor()
  for (const block of await docs.locator('.opblock-summary').all()) await block.click()
  expect(await docs.evaluate('globalThis.__planted')).toBeUndefined()
  expect(await docs.locator('img[src="x"], svg[onload], [onerror]').count()).toBe(0)
  await docs.close()
})
