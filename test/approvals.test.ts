/** A call that needs a person's word waits for it, runs once when it has it, and not at all without. */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test as plainTest } from 'vitest'
import { createNeeds } from '../app/approvals/needs.ts'
import { type Approvals, openApprovals } from '../app/approvals.ts'
import type { Answers, Call, Caller, Client, Command, Json, Questions, Via } from '../app/call.ts'
import { Canceller } from '../app/canceller.ts'
import { createCatalog } from '../app/catalog.ts'
import { Failure } from '../app/errors.ts'
import { approve, deadline, validate } from '../app/policies/index.ts'
import { type ApprovalStore, createApprovalStore } from '../app/store/approvals.ts'
import { createSwitch } from '../app/switch.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { createTestBus, type TestBus } from './fakes/replicas.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { until } from './until.ts'

const key: Caller = { id: 'key:aaaaaaaa', name: 'agent', scopes: ['read', 'call', 'admin'] }
const local: Caller = { id: 'local', name: 'local', scopes: ['read', 'call'] }
const ada: Caller = { id: 'user:1', name: 'ada', scopes: ['read', 'call', 'admin'], role: 'admin' }

interface Ran {
  status: 'waiting' | 'ran' | 'failed'
  code?: string
  message?: string
  data?: Json
}

interface Options {
  readonly timeout?: number
  readonly by?: readonly string[]
  readonly store?: (store: ApprovalStore) => ApprovalStore
}

/** One replica, with a tool `drop` that needs a word and a tool `look` that does not. */
function openReplica(
  database: OpenStore['database'],
  bus: TestBus,
  { timeout = 60, by = ['panel', 'elicitation'], store = (it) => it }: Options,
) {
  const log = collectedLog()
  const stopping = new AbortController()
  const catalog = createCatalog(log)
  const approvals: Approvals = openApprovals({
    settings: { tools: ['drop*'], destructive: 'off', timeout, by },
    store: store(createApprovalStore(database)),
    bus: bus.join(),
    log,
    stopping: stopping.signal,
    lookEvery: 40,
  })
  const stop = async () => {
    stopping.abort()
    await approvals.stop()
  }
  onTestFinished(stop)
  const runs: Json[] = []
  const tool = (name: string): Command => ({
    kind: 'tool',
    name,
    owner: 'shop',
    scope: 'call',
    definition: { name, inputSchema: { type: 'object', properties: { table: { type: 'string' } } } },
    run: async ({ arguments: values }) => {
      runs.push(values)
      return { content: [] }
    },
  })
  catalog.offer('shop', [tool('drop'), tool('look')])
  const never = new AbortController().signal
  const toSwitch = createSwitch(catalog, [validate(log), approve(approvals), deadline({ timeout: 100, hurry: never })])

  function call(values: Json = { table: 'orders' }, more: Partial<Call> & { name?: string; caller?: Caller } = {}): Ran {
    const { name = 'drop', caller = key, ...rest } = more
    const ran: Ran = { status: 'waiting' }
    toSwitch.call({ kind: 'tool', name, arguments: values, caller, via: 'http', ...(rest as object) }).then(
      () => {
        ran.status = 'ran'
      },
      ({ code, message, data }) => Object.assign(ran, { status: 'failed', code, message, data }),
    )
    return ran
  }

  return {
    ...{ approvals, log, runs, call, stop },
    /** The ids of those that wait, once there are so many. */
    async waiting(count: number): Promise<string[]> {
      await until(`${count} wait`, async () => (await approvals.pending()).length === count)
      return (await approvals.pending()).map(({ id }) => id)
    },
    yes: (id: string, caller = ada, via: Via = 'admin') => approvals.decide(id, { approve: true, reason: null }, { caller, via }),
    no: (id: string, reason: string | null = null) =>
      approvals.decide(id, { approve: false, reason }, { caller: ada, via: 'admin' }),
  }
}

/** A client whose person answers as the test says. */
class Person implements Client {
  readonly abilities: Json = { elicitation: {} }
  readonly resumable = false
  readonly asked: Questions[] = []
  taken = false
  private answer: (answers: Answers) => void = () => {}

  detach(): void {}

  ask(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    this.asked.push(questions)
    return new Promise((resolve, reject) => {
      this.answer = resolve
      taken?.addEventListener('abort', () => {
        this.taken = true
        reject(new Error('taken back'))
      })
    })
  }

  async says(action: string, content?: Json): Promise<void> {
    await until('the person is asked', () => this.asked.length > 0)
    const [id] = Object.keys(this.asked[0]!)
    this.answer({ [id!]: { action, ...(content ? { content } : {}) } })
  }
}

const ends = (ran: Ran, status: Ran['status']) => until(`the call has ${status}`, () => ran.status === status)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.each(stores)('on $name', ({ test, open }) => {
  let store: OpenStore
  let bus: TestBus
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())
  beforeEach(async () => {
    bus = createTestBus()
    await store.database.pool.query('truncate mcp.approvals, admin.audit_log')
  })

  const replica = (options: Options = {}) => openReplica(store.database, bus, options)
  const statuses = async () =>
    (await store.database.pool.query('select status from mcp.approvals order by created_at')).rows.map(({ status }) => status)
  const audit = async () =>
    (await store.database.pool.query('select actor, action, details from admin.audit_log order by id')).rows

  test('a call waits, on nobody’s time, and runs once when a person has approved it', async () => {
    const one = replica()
    const ran = one.call()
    const [id] = await one.waiting(1)
    // Longer than the command itself may take.
    await pause(300)
    expect([ran.status, one.runs]).toEqual(['waiting', []])
    await one.yes(id!)
    await ends(ran, 'ran')
    expect(one.runs).toEqual([{ table: 'orders' }])
    expect(await statuses()).toEqual(['used'])
    expect(await audit()).toEqual([
      { actor: 'ada', action: 'call_approved', details: { tool: 'drop', caller: key.id, reason: null } },
    ])
    await expect(one.yes(id!)).rejects.toMatchObject({ code: 'conflict', message: 'this call of drop is used by ada already' })
  })

  test('a call that is denied does not run, and its caller is told by whom and why', async () => {
    const one = replica()
    const ran = one.call()
    await one.no((await one.waiting(1))[0]!, 'not before the audit')
    await ends(ran, 'failed')
    expect(ran).toMatchObject({ code: 'forbidden', message: 'ada did not approve this call of drop: not before the audit' })
    expect([one.runs, await statuses()]).toEqual([[], ['denied']])
    expect(await audit()).toMatchObject([{ action: 'call_denied', details: { reason: 'not before the audit' } }])
  })

  test('a call that nobody approves in time does not run', async () => {
    const one = replica({ timeout: 0.2 })
    const ran = one.call()
    await ends(ran, 'failed')
    expect(ran).toMatchObject({ code: 'timeout', message: 'nobody approved this call of drop within 0.2 s' })
    expect([one.runs, await statuses()]).toEqual([[], ['expired']])
  })

  test('a call whose caller has gone is not run, whatever is decided then', async () => {
    const one = replica()
    const cancel = new Canceller()
    const ran = one.call({ table: 'orders' }, { cancel } as never)
    const [id] = await one.waiting(1)
    cancel.abort()
    await ends(ran, 'failed')
    await until('it is cancelled', async () => (await statuses())[0] === 'cancelled')
    await expect(one.yes(id!)).rejects.toMatchObject({ code: 'conflict', message: 'this call of drop is cancelled already' })
    expect(one.runs).toEqual([])
  })

  test('what needs no word does not wait', async () => {
    const one = replica()
    await ends(one.call({}, { name: 'look' }), 'ran')
    expect(await statuses()).toEqual([])
  })

  test('a word that is given on one replica lets the call run on the other, by the bus and without it', async () => {
    const [one, two] = [replica(), replica()]
    const first = one.call()
    await two.yes((await two.waiting(1))[0]!)
    await ends(first, 'ran')
    bus.cut()
    const second = one.call()
    await two.no((await two.waiting(1))[0]!)
    await ends(second, 'failed')
    expect([one.runs.length, two.runs.length]).toEqual([1, 0])
  })

  test('of all who want to use one approval in the same moment, one does', async () => {
    const approvals = createApprovalStore(store.database)
    const wanted = { callerId: key.id, callerName: 'agent', toolName: 'drop', owner: 'shop', arguments: {}, hash: 'h' }
    const id = '3f1b6a52-7f3c-4a5e-9d0e-2f6f7a1f0c11'
    await approvals.ask(id, wanted, 60)
    await approvals.decide(id, { approve: true, reason: null, actor: 'ada' }, 60)
    const again = Array.from({ length: 5 }, (_, n) => approvals.ask(id.replace('3f1b6a52', `3f1b6a6${n}`), wanted, 60))
    const used = await Promise.all([
      ...again.map(async (asked) => (await asked) === 'used'),
      approvals.use(id),
      approvals.use(id),
    ])
    expect(used.filter(Boolean)).toHaveLength(1)
  })

  test('when the waiting call is gone, the very same call of the same caller may use the approval, once', async () => {
    const gone = replica()
    // Its process has ended without a word: what it had asked stands in the database.
    gone.call({ table: 'orders', deep: { a: 1, b: [2] } })
    const [id] = await gone.waiting(1)
    const one = replica()
    await createApprovalStore(store.database).decide(id!, { approve: true, reason: null, actor: 'ada' }, 60)
    await until('somebody has used it', async () => (await statuses())[0] === 'used')
    expect(gone.runs).toHaveLength(1)

    const orphan = '3f1b6a52-7f3c-4a5e-9d0e-2f6f7a1f0c12'
    const { rows } = await store.database.pool.query('select hash from mcp.approvals')
    const wanted = { callerId: key.id, callerName: 'agent', toolName: 'drop', owner: 'shop', arguments: {}, hash: rows[0].hash }
    const approvals = createApprovalStore(store.database)
    await approvals.ask(orphan, wanted, 60)
    await approvals.decide(orphan, { approve: true, reason: null, actor: 'ada' }, 60)
    const other = one.call({ table: 'customers' })
    const stranger = one.call({ table: 'orders', deep: { a: 1, b: [2] } }, { caller: local })
    await one.waiting(2)
    await ends(one.call({ deep: { b: [2], a: 1 }, table: 'orders' }), 'ran')
    const third = one.call({ table: 'orders', deep: { a: 1, b: [2] } })
    await one.waiting(3)
    expect([other.status, stranger.status, third.status]).toEqual(['waiting', 'waiting', 'waiting'])
  })

  test('nobody approves their own calls but a person in the panel', async () => {
    const one = replica()
    const ran = one.call()
    const [id] = await one.waiting(1)
    await expect(one.yes(id!, key)).rejects.toMatchObject({ code: 'forbidden' })
    expect(ran.status).toBe('waiting')
    await one.yes(id!)
    await ends(ran, 'ran')
    const own = one.call({}, { caller: ada })
    const [theirs] = await one.waiting(1)
    await expect(one.yes(theirs!, ada, 'http')).rejects.toMatchObject({ code: 'forbidden' })
    await one.yes(theirs!, ada)
    await ends(own, 'ran')
    await expect(one.yes('nothing')).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  test('the person on the other side is asked where there is one, and their word counts', async () => {
    const one = replica()
    const [yes, no, silent, program] = [new Person(), new Person(), new Person(), new Person()]
    const accepted = one.call({ table: 'a\u202eb' }, { caller: local, client: yes } as never)
    await yes.says('accept', { approve: true })
    await ends(accepted, 'ran')
    const [question] = Object.values(yes.asked[0]!)
    expect(question!.params?.message).toContain('Run drop of shop')
    expect(question!.params?.message).toContain('a⟨U+202E⟩b')

    const declined = one.call({}, { caller: local, client: no } as never)
    await no.says('accept', { approve: false })
    await ends(declined, 'failed')
    expect(declined.message).toBe('local did not approve this call of drop: the person who was asked said no')

    const panel = one.call({}, { caller: local, client: silent } as never)
    const [id] = await one.waiting(1)
    await until('the person is asked', () => silent.asked.length === 1)
    await one.yes(id!)
    await ends(panel, 'ran')
    expect(silent.taken).toBe(true)

    one.call({}, { client: program } as never)
    await one.waiting(1)
    expect(program.asked).toEqual([])
    expect(await audit()).toMatchObject([
      { actor: 'local', action: 'call_approved' },
      { actor: 'local', action: 'call_denied' },
      { actor: 'ada' },
    ])
  })

  test('a question that is closed without an answer leaves the word to the admins, or is a no where there are none', async () => {
    const [both, alone] = [replica(), replica({ by: ['elicitation'] })]
    const [first, second] = [new Person(), new Person()]
    const open = both.call({}, { caller: local, client: first } as never)
    await first.says('cancel')
    await both.yes((await both.waiting(1))[0]!)
    await ends(open, 'ran')
    const closed = alone.call({}, { caller: local, client: second } as never)
    await second.says('cancel')
    await ends(closed, 'failed')
    expect(closed.code).toBe('forbidden')
    const nobody = alone.call()
    await ends(nobody, 'failed')
    expect(nobody.message).toBe("drop needs a person's approval, and nobody can be asked for it through this client")
  })

  test('the client hears what its call waits for', async () => {
    const one = replica()
    const heard: [string, Json][] = []
    one.call({}, { meta: { progressToken: 7 }, notify: (method: string, params: Json) => heard.push([method, params]) } as never)
    await one.waiting(1)
    await until('it was told', () => heard.length === 2)
    const message = 'drop waits for a person to approve this call, for 60 s at most'
    expect(heard).toContainEqual(['notifications/progress', { progressToken: 7, progress: expect.any(Number), message }])
    expect(heard).toContainEqual(['notifications/message', { level: 'notice', logger: 'drop', data: message }])
  })

  test('a stop lets nobody wait, and leaves nothing that looks as if somebody did', async () => {
    const one = replica()
    const ran = one.call()
    await one.waiting(1)
    await one.stop()
    await ends(ran, 'failed')
    expect([ran.code, await statuses()]).toEqual(['unavailable', ['cancelled']])
  })

  test('so many calls of one caller wait, and no more', async () => {
    const one = replica()
    const all = Array.from({ length: 21 }, (_, n) => one.call({ table: String(n) }))
    await until('one is refused', () => all.some(({ status }) => status === 'failed'))
    expect(all.filter(({ status }) => status === 'failed')).toMatchObject([
      { code: 'limited', data: { limit: 20, concurrent: true, retry_after: 30 } },
    ])
    expect(await one.waiting(20)).toHaveLength(20)
    expect(await one.approvals.check!()).toEqual({ status: 'ok', pending: 20, detail: '20 calls wait for approval' })
  })

  test('secrets among the arguments are not shown, and count', async () => {
    const one = replica()
    one.call({ table: 'orders', password: 'hunter2' })
    one.call({ table: 'orders', password: 'hunter3' })
    await one.waiting(2)
    const [first, second] = await one.approvals.pending()
    expect(first!.arguments).toEqual({ table: 'orders', password: '******' })
    expect(first!.hash).not.toBe(second!.hash)
  })

  test('without the database the call is refused at once, or as soon as its approval cannot be used', async () => {
    const away = () => Promise.reject(new Failure('unavailable', 'the database does not answer'))
    const [one, two] = [replica({ store: (it) => ({ ...it, ask: away }) }), replica({ store: (it) => ({ ...it, use: away }) })]
    const refused = one.call()
    await ends(refused, 'failed')
    const late = two.call()
    await two.yes((await two.waiting(1))[0]!)
    await ends(late, 'failed')
    expect([refused.code, late.code, one.runs, two.runs]).toEqual(['unavailable', 'unavailable', [], []])
  })
})

describe('which calls need a word', () => {
  const needs = (options: Parameters<typeof createNeeds>[0], command: Partial<Command>, caller = key) =>
    createNeeds(options)?.({
      caller,
      command: { kind: 'tool', name: 'drop', owner: 'shop', scope: 'call', definition: {}, ...command } as Command,
    })
  const destroys = { definition: { annotations: { destructiveHint: true } } }
  const ask = { tools: [], destructive: 'ask' } as const

  plainTest('those whose name fits, and those that say that they may destroy, where that is asked for', () => {
    expect(createNeeds({ tools: [], destructive: 'off' })).toBeUndefined()
    expect(needs({ tools: ['dr*'], destructive: 'off' }, {})).toBe(true)
    expect(needs({ tools: ['dr*'], destructive: 'off' }, { name: 'look' })).toBe(false)
    expect(needs({ tools: ['dr*'], destructive: 'off' }, { kind: 'prompt' })).toBe(false)
    expect(needs(ask, destroys)).toBe(true)
    expect(needs(ask, {})).toBe(false)
    expect(needs(ask, { definition: { annotations: { destructiveHint: true, readOnlyHint: true } } })).toBe(false)
  })

  plainTest('no pattern locks admins out, and the command line is free', () => {
    const all = { tools: ['*'], destructive: 'ask' } as const
    expect(needs(all, { owner: 'switchyard', scope: 'admin' })).toBe(false)
    expect(needs(all, { owner: 'switchyard' })).toBe(true)
    expect(needs(ask, { owner: 'switchyard', ...destroys })).toBe(false)
    expect(needs(all, {}, { ...key, id: 'cli' })).toBe(false)
  })
})
