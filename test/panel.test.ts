import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Command } from '../app/call.ts'
import { connect } from './clients.ts'
import { password } from './fakes/admin.ts'
import { openBrowser, openPage, picture } from './fakes/browser.ts'
import { type GuardedMcp, startGuardedMcp } from './fakes/guarded-mcp.ts'
import { pretendTraffic } from './fakes/traffic.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

const trap = '<img src=x onerror="window.trapped = true">'

/** Says HTML wherever a tool can say something. */
const trapping: Command = {
  kind: 'tool',
  name: 'trapping',
  owner: 'stranger',
  scope: 'call',
  definition: {
    name: 'trapping',
    title: trap,
    description: `Says ${trap}`,
    inputSchema: { type: 'object', properties: { [trap]: { type: 'string', description: trap, enum: [trap] } } },
  },
  run: async () => ({ content: [{ type: 'text', text: trap }], structuredContent: { [trap]: trap } }),
}

/** Has a field of every kind. */
const ordering: Command = {
  kind: 'tool',
  name: 'place_order',
  owner: 'shop',
  scope: 'call',
  definition: {
    name: 'place_order',
    title: 'Place an order',
    description: 'Orders goods for a customer and answers the order as it was taken. Nothing is shipped before it is paid.',
    annotations: { destructiveHint: true, openWorldHint: true },
    inputSchema: {
      type: 'object',
      required: ['customer', 'quantity', 'delivery'],
      properties: {
        customer: { type: 'string', description: 'Name or number of the customer', minLength: 3 },
        quantity: { type: 'integer', description: 'How many', minimum: 1, maximum: 99, default: 1 },
        delivery: { enum: ['today', 'this week', 'whenever'], description: 'When it has to be there' },
        gift: { type: 'boolean', description: 'Wrapped, and without an invoice in the box' },
        labels: { type: 'array', items: { type: 'string' }, description: 'Words to find it by later' },
        address: {
          anyOf: [
            { type: 'object', required: ['city'], properties: { city: { type: 'string' }, floor: { type: 'number' } } },
            { type: 'null' },
          ],
          description: 'Where to, if not to the customer',
        },
        extra: { description: 'Anything else' },
      },
      additionalProperties: false,
    },
  },
  run: async (call) => ({ content: [], structuredContent: { order: 4711, ...call.arguments } }),
}

const everything = {
  command: process.execPath,
  args: ['node_modules/@modelcontextprotocol/server-everything/dist/index.js'],
  cwd: process.cwd(),
}
const somebody = { id: 'somebody', name: 'somebody', scopes: ['call'] } as const
const warehouse = { url: 'http://127.0.0.1:9/mcp' }

const fits = 'document.documentElement.scrollWidth <= window.innerWidth'

let system: TestSystem
let guarded: GuardedMcp
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  guarded = await startGuardedMcp()
  system = await start({ file: { mcpServers: { everything, warehouse, notes: { url: guarded.url } } } })
  pretendTraffic(system.yard.metrics)
  system.yard.catalog.offer('shop', [ordering])
  system.yard.catalog.offer('stranger', [trapping])
  await until('the upstream is connected', () => system.yard.catalog.find('tool', 'everything_echo'))
  browser = await openBrowser()
  ;({ page, complaints } = await openPage(browser))
})
afterAll(async () => {
  await browser?.close()
  await system?.stop()
  await guarded?.stop()
})

const open = (path: string) => page.goto(`${system.adminUrl}/#/${path}`)
const heading = (name: string) => page.getByRole('heading', { name, exact: true })

test('the link that the server prints leads to a password, and on to the overview', async () => {
  await page.goto((await system.firstLink())!)
  await heading('Welcome to Switchyard').waitFor()
  await picture(page, 'welcome')
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Choose and sign in' }).click()
  await heading('Overview').waitFor()
  expect(page.url()).toBe(`${system.adminUrl}/`)
  await page.getByText('Working, with something missing: upstream warehouse').waitFor()
  await page.getByText('1 of 3').waitFor()
  const addresses = page.getByRole('region', { name: 'Add to your client' })
  await addresses.getByText(`claude mcp add --transport http switchyard ${system.url}/mcp`).waitFor()
})

test('a chart tells the value and the moment under the pointer', async () => {
  const chart = page.getByRole('figure').filter({ hasText: 'Calls a second' })
  await chart.getByRole('img').hover()
  await chart.getByText(/^\d\d:\d\d:\d\d/).waitFor()
})

test('a tool is found by search, called by its form, and stands in the history', async () => {
  await page.getByRole('link', { name: 'Tools', exact: true }).click()
  await heading('Tools').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('message back')
  await page.getByRole('link', { name: /^echo/ }).click()
  await page.getByLabel('message').fill('hello from the panel')
  await page.getByRole('button', { name: 'Call' }).click()
  await page.getByRole('region', { name: 'Result' }).getByText('hello from the panel').waitFor()
  await page.getByRole('link', { name: 'Show in history' }).click()
  await heading('Arguments').waitFor()
  await page.getByRole('link', { name: 'History' }).first().click()
  await heading('History').waitFor()
  await page.getByRole('link', { name: 'echo' }).first().click()
  await heading('Arguments').waitFor()
  await page.getByText('hello from the panel').first().waitFor()
  await page.getByText(/^ada user:/).waitFor()
})

test('a call can be made again from the history, with its arguments in the form', async () => {
  await page.getByRole('link', { name: 'Call again' }).click()
  await page.getByRole('region', { name: 'Try it' }).waitFor()
  await until('the form is filled', async () => (await page.getByLabel('message').inputValue()) === 'hello from the panel')
})

test('the form sends every kind of field as what it is', async () => {
  await open('tools/place_order')
  await page.getByLabel('customer').fill('Ada Lovelace')
  await page.getByLabel('quantity').fill('12')
  await page.getByLabel('delivery').selectOption('this week')
  await page.getByLabel('gift').check()
  for (const [index, label] of ['mathematics', 'engine'].entries()) {
    await page.getByRole('group', { name: 'labels' }).getByRole('button', { name: 'Add' }).click()
    await page.getByLabel(`labels ${index + 1}`, { exact: true }).fill(label)
  }
  await page.getByLabel('city').fill('London')
  await page.getByLabel('extra').fill('{"note":')
  await page.getByText('Not JSON yet').waitFor()
  await page.getByLabel('extra').fill('{"note":null}')
  await page.evaluate('scrollTo(0, 0)')
  await picture(page, 'tool')
  const answered = page.waitForResponse(/tools\/execute/)
  await page.getByRole('button', { name: 'Call' }).click()
  expect((await (await answered).json()).result.structuredContent).toEqual({
    order: 4711,
    customer: 'Ada Lovelace',
    quantity: 12,
    delivery: 'this week',
    gift: true,
    labels: ['mathematics', 'engine'],
    address: { city: 'London' },
    extra: { note: null },
  })
  await page.getByRole('region', { name: 'Result' }).getByText('4711').waitFor()
  await page.getByRole('region', { name: 'Result' }).scrollIntoViewIfNeeded()
  await picture(page, 'tool-result')
})

test('what the server says about a wrong argument stands at its field', async () => {
  await open('tools/place_order')
  await page.reload()
  await page.getByLabel('customer').fill('A')
  await page.getByLabel('delivery').selectOption('today')
  await page.getByRole('button', { name: 'Call' }).click()
  const customer = page.getByLabel('customer')
  await until('the field is marked', async () => (await customer.getAttribute('aria-invalid')) === 'true')
  await page.locator('.field', { has: customer }).getByText('customer must NOT have fewer than 3 characters').waitFor()
  expect(await page.evaluate("document.activeElement.getAttribute('aria-invalid')")).toBe('true')
  await picture(page, 'tool-wrong')
})

test('an image is shown, and a failing tool says so in a sentence', async () => {
  await open('tools/everything_get-tiny-image')
  await page.getByText('This tool takes no arguments.').waitFor()
  await page.getByRole('button', { name: 'Call' }).click()
  const image = page.getByRole('img', { name: 'Answer of the tool' })
  await image.waitFor()
  expect(await page.evaluate("document.querySelector('.result img').naturalWidth")).toBeGreaterThan(0)
  await open('tools/everything_get-resource-reference')
  await page.getByLabel('resourceId').fill('-1')
  await page.getByRole('button', { name: 'Call' }).click()
  await page.getByRole('alert').waitFor()
})

test('what a tool says is text and never becomes a part of the page', async () => {
  await open('tools/trapping')
  await page.getByRole('button', { name: 'Call' }).click()
  await page.getByRole('region', { name: 'Result' }).getByText(trap).first().waitFor()
  await open('history?name=trapping')
  await page.getByRole('link', { name: 'trapping' }).first().click()
  await page.getByText(trap).first().waitFor()
  expect(await page.evaluate("'trapped' in window")).toBe(false)
  expect(await page.locator('img[src="x"]').count()).toBe(0)
})

test('the history shows a call from elsewhere by itself, and can be filtered', async () => {
  await open('history')
  await heading('History').waitFor()
  const client = await connect('sse', system.url)
  await client.callTool({ name: 'everything_get-sum', arguments: { a: 2, b: 3 } })
  await client.callTool({ name: 'nothing_here', arguments: {} }).catch(() => {})
  await page.getByRole('link', { name: 'everything_get-sum' }).waitFor()
  await page.getByLabel('Status').selectOption('refused')
  await page.getByRole('link', { name: 'nothing_here' }).waitFor()
  await page.getByRole('link', { name: 'everything_get-sum' }).waitFor({ state: 'detached' })
  await page.getByLabel('Status').selectOption('')
  await page.getByLabel('Search calls').fill('hello from')
  await page.getByRole('link', { name: 'nothing_here' }).waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'echo' }).first().waitFor()
  await open('sessions')
  await page.getByText('test 1.0.0').waitFor()
  await client.close()
  await page.getByText('Nobody is connected').waitFor()
})

test('a server that wants a sign-in leads to its page, and back to the panel, and out again', async () => {
  await open('upstreams')
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'notes', exact: true }) })
  await card.getByText('waits for a sign-in').waitFor()
  await picture(page, 'upstream-sign-in')
  // Somebody who is turned away can try again.
  guarded.authorization.denial = 'access_denied'
  await card.getByRole('button', { name: 'Sign in' }).click()
  await heading('This sign-in did not work').waitFor()
  await picture(page, 'sign-in-refused')
  await page.getByRole('link', { name: 'Back to the upstreams' }).click()
  await card.getByRole('button', { name: 'Sign in' }).click()
  await card.getByText('connected', { exact: true }).waitFor()
  expect(page.url()).toBe(`${system.adminUrl}/#/upstreams`)
  await picture(page, 'upstream-signed-in')
  guarded.demand = 'write'
  await system.yard.switch.call({ kind: 'tool', name: 'notes_echo', arguments: {}, caller: somebody, via: 'cli' }).catch(() => {})
  await card.getByText('It wants a sign-in with more rights (write).').waitFor()
  await picture(page, 'upstream-more-rights')
  guarded.demand = undefined
  await card.getByRole('button', { name: 'Sign out at notes' }).click()
  await card.getByText('waits for a sign-in').waitFor()
})

test('the panel works below a path of a proxy', async () => {
  const proxy = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url!.replace(/^\/switchyard/, ''), system.adminUrl)
    const onward = request(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
  const other = await openPage(browser)
  await other.page.goto(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/switchyard/`)
  await other.page.getByRole('heading', { name: 'Sign in to Switchyard' }).waitFor()
  await picture(other.page, 'sign-in')
  await other.page.getByLabel('Name').fill('ada')
  await other.page.getByLabel('Password').fill('not the password')
  await other.page.getByRole('button', { name: 'Sign in' }).click()
  await other.page.getByText('The name or the password is wrong.').waitFor()
  await other.page.getByLabel('Password').fill(password)
  await other.page.getByRole('button', { name: 'Sign in' }).click()
  await other.page.getByRole('heading', { name: 'Components' }).waitFor()
  await other.page.getByRole('button', { name: 'Sign out' }).click()
  await other.page.getByRole('heading', { name: 'Sign in to Switchyard' }).waitFor()
  expect(other.complaints).toEqual([])
  await other.page.context().close()
  proxy.closeAllConnections()
  await new Promise((closed) => proxy.close(closed))
})

test.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { colorScheme: 'light', viewport: { width: 400, height: 800 } }],
] as const)('every page fits its window: %s', async (name, options) => {
  const client = await connect('http', system.url)
  await client.callTool({ name: 'echo', arguments: { message: 'good morning' } })
  const storageState = await page.context().storageState()
  const { page: looking, complaints } = await openPage(browser, { ...options, storageState })
  const pages = ['', 'tools', 'tools/place_order', 'history', 'upstreams', 'sessions', 'settings']
  for (const path of pages) {
    await looking.goto(`${system.adminUrl}/#/${path}`)
    await looking.getByRole('heading').first().waitFor()
    await until('nothing is loading', async () => (await looking.getByLabel('Loading').count()) === 0)
    await picture(looking, `${path.replace('/', '-') || 'overview'}-${name}`)
    expect([path, await looking.evaluate(fits)]).toEqual([path, true])
  }
  await looking.goto(`${system.adminUrl}/#/history?name=echo`)
  await looking.getByRole('link', { name: 'echo' }).first().click()
  await looking.getByRole('heading', { name: 'Result' }).waitFor()
  await picture(looking, `call-${name}`)
  expect(complaints).toEqual([])
  await looking.context().close()
  await client.close()
})

test('nothing of all this made the console complain', () => {
  expect(complaints).toEqual([])
})

test('a session that has ended leads back to the sign-in', async () => {
  await open('history')
  await heading('History').waitFor()
  await page.context().clearCookies()
  await heading('Sign in to Switchyard').waitFor()
})
