/** Keys, people, the audit log and one's own account, as a person meets them in a real browser. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { password } from './fakes/admin.ts'
import { openBrowser, openPage, picture } from './fakes/browser.ts'
import { secretKey } from './fakes/keys.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

const other = 'another good password'
/** Has no space in it, so that it may be a pattern. */
const trap = '<img/src=x/onerror=window.trapped=true>'
const fits = 'document.documentElement.scrollWidth <= window.innerWidth'

const robot = { id: 'key:robot', name: 'robot', scopes: ['admin'] } as const

let system: TestSystem
let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  const about = { keys: ['talker'], tools: ['echo'] }
  const rules = [
    { name: 'only hello', effect: 'allow', ...about, arguments: { message: ['hello*'] } },
    { name: 'no other word', effect: 'deny', ...about },
  ]
  system = await start({ env: { SECRET_KEY: secretKey }, file: { access: { rules } } })
  browser = await openBrowser()
  ;({ page, complaints } = await openPage(browser))
  await page.goto((await system.firstLink())!)
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Choose and sign in' }).click()
  await heading('Overview').waitFor()
})
afterAll(async () => {
  await browser?.close()
  await system?.stop()
})

const open = (path: string, where = page) => where.goto(`${system.adminUrl}/#/${path}`)
const heading = (name: string, where = page) => where.getByRole('heading', { name, exact: true })
const row = (name: string) => page.getByRole('row').filter({ hasText: name })
const dialog = () => page.getByRole('dialog')

async function signedIn(name: string, secret: string): Promise<Page> {
  const { page: theirs } = await openPage(browser)
  await theirs.goto(system.adminUrl)
  await theirs.getByLabel('Name').fill(name)
  await theirs.getByLabel('Password').fill(secret)
  await theirs.getByRole('button', { name: 'Sign in', exact: true }).click()
  await heading('Overview', theirs).waitFor()
  return theirs
}

/** What an admin asks elsewhere. */
const asked = (name: string, parameters: object) =>
  system.yard.switch.call({ kind: 'tool', name, arguments: { ...parameters }, caller: robot, via: 'cli' })

async function statusWith(key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const { status } = await fetch(`${system.url}/cmd`, { method: 'POST', headers, body: '{"command":"health"}' })
  return status
}

/** Presses a button that asks once more. */
async function reallyPress(about: string, where = page): Promise<void> {
  await where.getByRole('button', { name: about, exact: true }).click()
  await where.getByRole('button', { name: `Really: ${about}`, exact: true }).click()
}

test('a key is made, shown once, works, and is revoked after a second press', async () => {
  await open('keys')
  await page.getByText('There is no key yet').waitFor()
  await page.getByRole('button', { name: 'New key' }).click()
  await dialog().getByLabel('Name').fill('claude')
  await dialog().getByLabel('Only these tools').fill(`health\n${trap}`)
  await dialog().getByLabel('Calls a window').fill('60')
  await picture(page, 'new-key')
  await dialog().getByRole('button', { name: 'Make the key' }).click()
  await dialog().getByText('Copy it now: it is not shown again.').waitFor()
  await dialog().getByText(`nothing that is offered now has a name like ${trap}`).waitFor()
  await picture(page, 'key-shown')
  const key = (await dialog().locator('pre').textContent()) ?? ''
  expect(key).toMatch(/^swk_\w{8}_\w{38}$/)
  expect(await statusWith(key)).toBe(200)
  // Escape must not take away what nobody can show again.
  await page.keyboard.press('Escape')
  await dialog().getByRole('button', { name: 'I have copied it' }).click()
  await dialog().waitFor({ state: 'detached' })
  await row('claude').getByText(`only health, ${trap}`).waitFor()
  await row('claude').getByText('60 calls a window').waitFor()
  const secret = key.slice(-38)
  expect(await page.content()).not.toContain(secret)
  await page.reload()
  await row('claude').waitFor()
  expect(await page.content()).not.toContain(secret)
  await reallyPress('Revoke the key claude')
  await page.getByText('No key is in force').waitFor()
  expect(await statusWith(key)).toBe(401)
  await page.getByRole('button', { name: 'Also those that ended (1)' }).click()
  await row('claude').getByText('revoked', { exact: true }).waitFor()
  expect(await page.evaluate("'trapped' in window")).toBe(false)
})

test('a press on Revoke alone revokes nothing', async () => {
  await page.getByRole('button', { name: 'New key' }).click()
  await dialog().getByLabel('Name').fill('cursor')
  await dialog().getByRole('button', { name: 'Make the key' }).click()
  await dialog().getByRole('button', { name: 'I have copied it' }).click()
  const revoke = page.getByRole('button', { name: 'Revoke the key cursor', exact: true })
  await revoke.click()
  await page.getByRole('button', { name: 'Really: Revoke the key cursor' }).waitFor()
  await heading('Keys').click()
  await revoke.waitFor()
  await row('cursor').getByText('active', { exact: true }).waitFor()
})

test('the panel explains why a key may call a tool, or may not, beside the keys and beside the tool', async () => {
  await asked('key_create', { name: 'narrow', scopes: ['read', 'call'], tools: ['help'] })
  await page.reload()
  const explain = page.getByRole('region', { name: 'May this key call this tool?' })
  await explain.getByLabel('Key').selectOption('narrow')
  await explain.getByLabel('Tool').fill('echo')
  await explain.getByRole('button', { name: 'Explain' }).click()
  await explain.getByText('narrow may not call echo').waitFor()
  await explain.getByText('the tools of this key are help').waitFor()
  await picture(page, 'explain')
  await explain.getByLabel('Tool').fill('help')
  await explain.getByRole('button', { name: 'Explain' }).click()
  await explain.getByText('narrow may call help').waitFor()
  await open('tools/echo')
  const which = page.getByRole('region', { name: 'Which key may call it?' })
  await which.getByLabel('Key').selectOption('no key, on this machine')
  await which.getByRole('button', { name: 'Explain' }).click()
  await which.getByText('local may call echo').waitFor()
  await open('keys')
})

test('the panel explains rules about arguments by the arguments that it is given, and says what is wrong with them', async () => {
  await asked('key_create', { name: 'talker', scopes: ['read', 'call'] })
  await page.reload()
  const explain = page.getByRole('region', { name: 'May this key call this tool?' })
  const ask = async (values: string) => {
    await explain.getByLabel('Arguments, as JSON').fill(values)
    await explain.getByRole('button', { name: 'Explain' }).click()
  }
  await explain.getByLabel('Key').selectOption('talker')
  await explain.getByLabel('Tool').fill('echo')
  await ask('')
  await explain.getByText('allowed with the arguments of "only hello"').waitFor()
  await ask('{"message": "hello you"}')
  await explain.getByText('the rule "only hello" allows it').waitFor()
  await ask('{"message": "bye"}')
  await explain.getByText('talker may not call echo').waitFor()
  await explain.getByText('the rule "no other word" denies it').waitFor()
  await picture(page, 'explain-arguments')
  await ask('{"message": ')
  await explain.getByRole('alert').getByText('not JSON').waitFor()
  await ask('["bye"]')
  await explain.getByRole('alert').getByText('must be a JSON object').waitFor()
})

test('what the server refuses is said in the dialog, and what was typed stays', async () => {
  await page.getByRole('button', { name: 'New key' }).click()
  await dialog().getByLabel('Name').fill('cursor')
  await dialog().getByRole('button', { name: 'Make the key' }).click()
  await dialog().getByRole('alert').getByText('There is a key named "cursor": choose another name').waitFor()
  expect(await dialog().getByLabel('Name').inputValue()).toBe('cursor')
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
})

test('an account is made with a password that the panel thought of, and whoever gets another role signs in again', async () => {
  await open('people')
  await row('ada').getByText('you', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'New person' }).click()
  await dialog().getByLabel('Name').fill('olga')
  await dialog()
    .getByLabel(/^admin/)
    .check()
  await dialog().getByRole('button', { name: 'Make one' }).click()
  const made = await dialog().getByLabel('Password').inputValue()
  expect(made).toMatch(/^[a-zA-Z2-9]{20}$/)
  await picture(page, 'new-person')
  await dialog().getByRole('button', { name: 'Make the account' }).click()
  await row('olga').getByText('not yet').waitFor()
  const olga = await signedIn('olga', made)
  await olga.getByRole('link', { name: 'Keys' }).waitFor()
  await page.getByRole('button', { name: 'Change olga' }).click()
  await dialog()
    .getByLabel(/^operator/)
    .check()
  await picture(page, 'person')
  await dialog().getByRole('button', { name: 'Change the role' }).click()
  await dialog().getByText('The role was changed.').waitFor()
  await heading('Sign in to Switchyard', olga).waitFor()
  await dialog().getByLabel('New password').fill(other)
  await dialog().getByRole('button', { name: 'Set the password' }).click()
  await dialog().getByText('The password was set.').waitFor()
  expect(await dialog().getByLabel('New password').inputValue()).toBe('')
  await page.keyboard.press('Escape')
  await row('olga').getByText('operator').waitFor()
  await olga.context().close()
})

test('whoever is no admin sees no way to keys, people and the audit log, and nothing of them by their address', async () => {
  const olga = await signedIn('olga', other)
  expect(await olga.getByRole('link', { name: /^(Keys|People|Audit)$/ }).count()).toBe(0)
  for (const path of ['keys', 'people', 'audit']) {
    await open(path, olga)
    await olga.getByText('You may not see this').waitFor()
  }
  await olga.getByRole('link', { name: 'Your account, olga' }).click()
  await heading('Your account', olga).waitFor()
  await olga.context().close()
})

test('an account that is disabled is signed out and cannot come back, until it is enabled', async () => {
  const olga = await signedIn('olga', other)
  await page.getByRole('button', { name: 'Change olga' }).click()
  await reallyPress('Disable the account of olga')
  await row('olga').getByText('disabled').waitFor()
  await heading('Sign in to Switchyard', olga).waitFor()
  await olga.getByLabel('Name').fill('olga')
  await olga.getByLabel('Password').fill(other)
  await olga.getByRole('button', { name: 'Sign in', exact: true }).click()
  await olga.getByText('The name or the password is wrong.').waitFor()
  await dialog().getByRole('button', { name: 'Enable the account of olga' }).click()
  await row('olga').getByText('active').waitFor()
  await page.keyboard.press('Escape')
  await olga.context().close()
})

test('the audit log says who did what to whom, and can be narrowed to one person or one deed', async () => {
  await open('audit')
  const made = page.getByRole('row').filter({ hasText: 'key created' }).filter({ hasText: 'claude' })
  await made.getByText(`tools: health, ${trap}`).waitFor()
  await page.getByRole('row').filter({ hasText: 'role changed' }).getByText('user:olga').waitFor()
  await page.getByRole('link', { name: 'key created' }).first().click()
  await page.getByText('Only what anybody did: key created').waitFor()
  await until(
    'nothing else is listed',
    async () => (await page.getByRole('row').filter({ hasText: 'role changed' }).count()) === 0,
  )
  await page.getByRole('link', { name: 'Show everything' }).click()
  await page.getByRole('link', { name: 'olga', exact: true }).first().click()
  await page.getByText('Only what olga did').waitFor()
  expect(await page.evaluate("'trapped' in window")).toBe(false)
})

test('older deeds come when they are asked for', async () => {
  for (let nth = 1; nth <= 60; nth++) await asked('key_create', { name: `many-${nth}`, scopes: ['read'] })
  await open('audit')
  await page.getByText('name: many-60;').waitFor()
  expect(await row('role changed').count()).toBe(0)
  await page.getByRole('button', { name: 'Older' }).click()
  await row('role changed').waitFor()
})

test('one sees where one is signed in, and ends a browser that was left open', async () => {
  const left = await signedIn('olga', other)
  const here = await signedIn('olga', other)
  await open('account', here)
  await here.getByText('this one').waitFor()
  await picture(here, 'account')
  await reallyPress('Sign Chrome on Linux out', here)
  await until('one is left', async () => (await here.getByText('Chrome on Linux', { exact: true }).count()) === 1)
  await heading('Sign in to Switchyard', left).waitFor()
  await here.getByLabel('Current password').fill('not the password')
  await here.getByLabel('New password').fill(password)
  await here.getByRole('button', { name: 'Change the password' }).click()
  await here.getByText('The current password is wrong.').waitFor()
  await here.getByLabel('Current password').fill(other)
  await here.getByRole('button', { name: 'Change the password' }).click()
  await here.getByText('The password was changed.').waitFor()
  await here.reload()
  await heading('Your account', here).waitFor()
  await reallyPress('Sign out everywhere', here)
  await heading('Sign in to Switchyard', here).waitFor()
  await left.context().close()
  await here.context().close()
})

test.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { colorScheme: 'light', viewport: { width: 400, height: 800 } }],
] as const)('every one of these pages fits its window: %s', async (name, options) => {
  const storageState = await page.context().storageState()
  const looking = await openPage(browser, { ...options, storageState })
  for (const path of ['keys', 'people', 'audit', 'account']) {
    await open(path, looking.page)
    await looking.page.getByRole('heading').first().waitFor()
    await until('nothing is loading', async () => (await looking.page.getByLabel('Loading').count()) === 0)
    await picture(looking.page, `${path}-${name}`)
    expect([path, await looking.page.evaluate(fits)]).toEqual([path, true])
  }
  await open('people', looking.page)
  await looking.page.getByRole('button', { name: 'Change olga' }).click()
  await looking.page.getByRole('button', { name: 'Make one' }).click()
  await picture(looking.page, `person-${name}`)
  expect(await looking.page.evaluate(fits)).toBe(true)
  expect(looking.complaints).toEqual([])
  await looking.page.context().close()
})

test('nothing of all this made the console complain', () => {
  expect(complaints).toEqual([])
})
