import { afterAll, beforeAll, describe, expect } from 'vitest'
import { type Lists, openLists } from '../app/store/lists.ts'
import { openProcesses } from '../app/store/processes.ts'
import { type OpenStore, stores } from './fakes/stores.ts'

describe.each(stores)('on $name', ({ open, test }) => {
  let store: OpenStore
  let lists: Lists

  beforeAll(async () => {
    store = await open()
    lists = openLists(store.database)
  })
  afterAll(() => store?.close())

  test('what an upstream offered is there after a start, to the order of its members', async () => {
    const tool = {
      name: 'read',
      inputSchema: { type: 'object', properties: { zulu: {}, alpha: {} } },
      description: 'a\u0000b \ud83d',
    }
    await lists.save('files', 'mcp', { serverInfo: { name: 'fs' } }, 'tools', [tool])
    await lists.save('files', 'mcp', { serverInfo: { name: 'fs' } }, 'prompts', [{ name: 'tidy' }])

    const known = (await lists.load()).get('files')

    expect(JSON.stringify(known?.lists.tools)).toBe(JSON.stringify([tool]))
    expect(known).toMatchObject({
      kind: 'mcp',
      about: { serverInfo: { name: 'fs' } },
      lists: { prompts: [{ name: 'tidy' }], resources: [], templates: [] },
    })
    expect(known?.lastConnectedAt).toBeNull()
  })

  test('a list that is saved again replaces the one before', async () => {
    await lists.save('again', 'mcp', null, 'tools', [{ name: 'old' }])
    await lists.save('again', 'mcp', { version: 2 }, 'tools', [{ name: 'new' }])
    await lists.connected('again')

    const known = (await lists.load()).get('again')

    expect(known?.lists.tools).toEqual([{ name: 'new' }])
    expect(known?.about).toEqual({ version: 2 })
    expect(known?.lastConnectedAt).toBeInstanceOf(Date)
  })

  test('the ledger names children of dead owners on this host, and nobody else', async () => {
    const alive = new Set(['1 first'])
    const isAlive = (pid: number, startTime: string) => alive.has(`${pid} ${startTime}`)
    const owner = { host: 'here', pid: 1, startTime: 'first', isAlive }
    const mine = openProcesses(store.database, owner)
    const dead = openProcesses(store.database, { ...owner, pid: 2 })
    const elsewhere = openProcesses(store.database, { ...owner, pid: 3, host: 'there' })
    const child = { pid: 100, startTime: 'later', upstream: 'files', command: 'npx files' }
    await mine.add(child)
    await elsewhere.add(child)
    const left = await dead.add({ ...child, pid: 200 })

    expect(await mine.orphans()).toEqual([{ ...child, pid: 200, id: left }])

    await mine.remove(left)
    expect(await mine.orphans()).toEqual([])
  })
})
