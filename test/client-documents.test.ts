/** What is promised about reading the description of a client, which anybody can make us do: nothing inside is reached, and nothing is held up. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createDocuments, type Documents, isDocumentId } from '../app/authorization/documents.ts'
import { createLocalWindows } from '../app/store/local-windows.ts'
import { type ClientSite, startClientSite } from './fakes/client-site.ts'

let site: ClientSite
let documents: Documents
let now: number
beforeAll(async () => {
  site = await startClientSite()
})
afterAll(() => site.stop())
beforeEach(() => {
  now = Date.now()
  documents = open({ private: true, ca: site.ca })
})

const open = (allow: { private: boolean; ca?: string }) =>
  createDocuments({ windows: createLocalWindows(() => now), allow, now: () => now })
const read = (id: string, from: Documents = documents) => from.read(id, '192.0.2.1')

const json = { 'content-type': 'application/json' }
let paths = 0
const path = () => `/client-${++paths}.json`

test('what it says is taken, and the rest of it is not looked at', async () => {
  const id = site.describe(path(), { logo_uri: 'http://127.0.0.1/logo', client_name: ' Claude\u0000 ', jwks: {} })
  expect(await read(id)).toEqual({ name: 'Claude', redirectUris: ['http://127.0.0.1:18999/callback'] })
})

test.each([
  ['another client', { client_id: 'https://else.example/x' }, 'must name the same URL'],
  ['a client with a secret', { token_endpoint_auth_method: 'client_secret_post' }, 'must be none'],
  ['a client with keys', { token_endpoint_auth_method: 'private_key_jwt' }, 'must be none'],
  ['a client that cannot be answered', { redirect_uris: [] }, 'redirect_uris must be a list'],
  ['more than 32 KiB', { padding: 'x'.repeat(32 * 1024) }, 'is larger than 32768 bytes'],
])('a document of %s is refused', async (_, more, sentence) => {
  const id = site.describe(path(), more)
  await expect(read(id)).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining(sentence) })
})

test.each([
  ['leads elsewhere', 302, { location: 'https://127.0.0.1/x' }, '', 'comes with status 302'],
  ['is not there', 404, json, '{}', 'comes with status 404'],
  ['is a page', 200, { 'content-type': 'text/html' }, '{}', 'as text/html'],
  ['is no JSON', 200, json, '{', 'is no JSON'],
  ['is a list', 200, json, '[]', 'must name the same URL'],
])('one that %s is refused', async (_, status, headers, body, sentence) => {
  const id = site.answer(path(), (_, response) => response.writeHead(status, headers).end(body))
  await expect(read(id)).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining(sentence) })
})

test('one that comes too slowly is given up', async () => {
  const id = site.answer(path(), (_, response) => void response.writeHead(200, json).write('{'))
  await expect(read(id)).rejects.toThrow('did not come within 5 s')
}, 20_000)

test('nothing is read from this machine or a private network, and nobody is told what is there', async () => {
  const careful = open({ private: false })
  const id = site.describe(path())
  for (const each of [id, id.replace('localhost', '127.0.0.1'), 'https://169.254.169.254/latest/meta-data', 'https://[::1]/x'])
    await expect(read(each, careful)).rejects.toThrow('is not on the internet')
  expect(site.asked.get(new URL(id).pathname)).toBeUndefined()
})

test.each([
  ['http://localhost/x', 'not over TLS'],
  ['https://client.example/', 'without a path'],
  ['https://client.example', 'without a path'],
  ['https://client.example/a/../b', 'written in another way'],
  ['https://CLIENT.example/x', 'written in another way'],
  ['https://client.example/x#y', 'with a fragment'],
  ['https://user:word@client.example/x', 'with a password'],
])('%s is no id of a client: %s', (id) => {
  expect(isDocumentId(id)).toBe(false)
})

test.each([
  ['max-age=60', 299, 301],
  ['max-age=3600', 3_599, 3_601],
  ['max-age=9999999', 86_399, 86_401],
  ['no-store', 299, 301],
])('one with Cache-Control %s is still remembered after %i s, and not after %i s', async (cacheControl, still, notAnyMore) => {
  const where = path()
  const id = site.describe(where, {}, { 'cache-control': cacheControl })
  const began = now
  await read(id)
  now = began + still * 1000
  await read(id)
  expect(site.asked.get(where)).toBe(1)
  now = began + notAnyMore * 1000
  await read(id)
  expect(site.asked.get(where)).toBe(2)
})

test('a refusal is not remembered', async () => {
  const where = path()
  await expect(read(site.answer(where, (_, response) => void response.writeHead(503).end()))).rejects.toThrow('503')
  expect(await read(site.describe(where))).toMatchObject({ name: 'A described program' })
})

test('those who ask at once wait for one answer', async () => {
  const where = path()
  const id = site.describe(where)
  await Promise.all([read(id), read(id), read(id)])
  expect(site.asked.get(where)).toBe(1)
})

test('one address makes us read twenty and no more, and others go on', async () => {
  const ids = [...Array(21).keys()].map(() => site.describe(path()))
  for (const id of ids.slice(0, 20)) await read(id)
  await expect(read(ids[20]!)).rejects.toMatchObject({
    code: 'limited',
    data: { limit: 20, window: 600, retry_after: expect.any(Number) },
  })
  await documents.read(ids[20]!, '192.0.2.2')
})
