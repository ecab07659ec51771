/** What a person sees who lets a client in and takes it back, in a real browser; and that their token goes to nobody behind us. */
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { textOf } from './clients.ts'
import { password } from './fakes/admin.ts'
import { openBrowser, openPage, picture } from './fakes/browser.ts'
import { secretKey } from './fakes/keys.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { letIn, Program } from './fakes/person.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

let behind: HttpFake
let system: TestSystem
let browser: Browser
/** Everything that the server behind us was sent. */
const sent: string[] = []
beforeAll(async () => {
  behind = await startHttpFake({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }, ({ rawHeaders, url }) => {
    sent.push(`${url} ${rawHeaders.join(' ')}`)
    return true
  })
  const file = { mcpServers: { docs: { url: `${behind.url}/mcp` } } }
  system = await start({ file, env: { SECRET_KEY: secretKey, MCP_AUTH: 'required' } })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await system?.stop()
  await behind?.stop()
})

const fits = 'document.documentElement.scrollWidth <= window.innerWidth'

/** Sent to sign in, as far as the page. */
async function sentAway(): Promise<{ program: Program; finish(code: string): Promise<Client> }> {
  const program = new Program()
  const transport = () => new StreamableHTTPClientTransport(new URL('/mcp', system.url), { authProvider: program })
  const first = transport()
  await expect(new Client({ name: 'test', version: '1' }).connect(first)).rejects.toThrow(UnauthorizedError)
  return {
    program,
    async finish(code) {
      await first.finishAuth(code)
      const client = new Client({ name: 'test', version: '1' })
      await client.connect(transport())
      return client
    },
  }
}

const looks = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { colorScheme: 'light', viewport: { width: 360, height: 720 } }],
  ['phone-dark', { colorScheme: 'dark', viewport: { width: 360, height: 720 } }],
] as const

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Account', { exact: true }).fill('ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('somebody lets a program in, sees it in the panel, and takes it back', async () => {
  const { page: panel, complaints } = await openPage(browser)
  await panel.goto((await system.firstLink())!)
  await panel.getByLabel(/name/i).first().fill('ada')
  for (const field of await panel.locator('input[type=password]').all()) await field.fill(password)
  await panel.locator('form button').last().click()
  await panel.getByRole('link', { name: 'Connected apps' }).click()
  await panel.getByText('No app is connected').waitFor()

  const { program, finish } = await sentAway()
  const asking = new URL(program.page!)
  asking.searchParams.set('scope', 'read call admin')
  for (const [name, look] of looks) {
    const { page } = await openPage(browser, look)
    await page.goto(asking.href)
    await picture(page, `oauth-sign-in-${name}`)
    expect(await page.evaluate(fits)).toBe(true)
    await signIn(page)
    await page.getByRole('heading', { name: 'Let “a program” act in your name?' }).waitFor()
    await picture(page, `oauth-consent-${name}`)
    expect(await page.evaluate(fits)).toBe(true)
    await page.context().close()
  }

  const { page } = await openPage(browser)
  // Nobody listens there: what counts is where the browser is sent.
  const back = page.waitForRequest((request) => request.url().startsWith(program.redirectUrl))
  await page.goto(asking.href)
  await signIn(page)
  await page.getByText('nobody has checked its name').waitFor()
  expect(await page.getByLabel(/Manage this server/).isChecked()).toBe(false)
  await page.getByRole('button', { name: 'Allow' }).click()
  const client = await finish(new URL((await back).url()).searchParams.get('code')!)
  expect(program.kept?.scope).toBe('read call')

  await panel.reload()
  const row = panel.getByRole('row', { name: /a program/ })
  await row.waitFor()
  for (const [name, look] of looks) {
    await panel.emulateMedia({ colorScheme: look.colorScheme })
    await panel.setViewportSize('viewport' in look ? look.viewport : { width: 1280, height: 800 })
    await picture(panel, `connected-apps-${name}`)
    expect(await panel.evaluate(fits)).toBe(true)
  }
  await panel.setViewportSize({ width: 1280, height: 800 })
  await row.getByRole('button').click()
  await row.getByRole('button', { name: /Really/ }).click()
  await panel.getByText('No app is connected').waitFor()
  await expect(client.listTools()).rejects.toThrow()
  expect(complaints).toEqual([])
})

test('a token, a key and a cookie go to nobody behind us', async () => {
  const { program, finish } = await sentAway()
  const said = await letIn(program.page!, { username: 'ada', password })
  const client = await finish(said.get('code')!)
  await until('the tool is there', async () => (await client.listTools()).tools.some(({ name }) => name === 'docs_echo'))
  sent.length = 0
  expect(textOf(await client.callTool({ name: 'docs_echo' }))).toBeDefined()
  const token = program.kept!.access_token
  const answer = await fetch(`${system.url}/api/commands/docs_echo`, {
    method: 'POST',
    headers: { 'x-api-key': token, cookie: 'switchyard_session=crumbs', 'content-type': 'application/json' },
    body: '{}',
  })
  expect(answer.status).toBe(200)
  expect(sent.length).toBeGreaterThan(0)
  for (const secret of [token, program.kept!.refresh_token!, 'crumbs', 'authorization', 'x-api-key', 'cookie'])
    expect(sent.join('\n').toLowerCase()).not.toContain(secret.toLowerCase())
  await client.close()
})
