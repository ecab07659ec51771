/** What may come from one address: whoever has no credential is counted by nothing else. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type AddressLimitOptions, createAddressLimits } from '../app/address-limits.ts'
import { createAdmission } from '../app/admission.ts'
import type { Credentials } from '../app/auth.ts'
import type { Caller } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { createLocalWindows } from '../app/store/local-windows.ts'
import { openRedis } from '../app/store/redis.ts'
import { createWindows, type Windows } from '../app/store/windows.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { startRedis, withRedis } from './services.ts'
import { until } from './until.ts'

const calm = { on: false, refusal: () => new Failure('unavailable', 'too much') }

interface Gate {
  /** What becomes of a request: `ok`, or the code that it is refused with. */
  ask(address: string, credential?: string): Promise<string>
  /** Credentials that were looked up. */
  readonly lookedUp: string[]
}

/** Lets in whose credential begins with `good`. */
function gate(options: Partial<AddressLimitOptions>, windows: Windows = createLocalWindows(), overload = calm): Gate {
  const lookedUp: string[] = []
  const admission = createAdmission({
    overload,
    limits: createAddressLimits(windows, { perAddress: 0, wrongCredentials: 0, window: 60, ...options }),
    addressOf: ({ socket }) => socket.remoteAddress ?? 'unknown',
    async identify({ headers }): Promise<Caller> {
      const credential = String(headers['x-api-key'])
      lookedUp.push(credential)
      if (!credential.startsWith('good')) throw new Failure('unauthorized', 'wrong')
      return { id: `key:${credential}`, name: credential, scopes: ['call'] }
    },
  })
  return {
    lookedUp,
    async ask(address, credential) {
      const headers = credential === undefined ? {} : { 'x-api-key': credential }
      try {
        await admission.identify({ headers, socket: { remoteAddress: address } } as unknown as Credentials)
        return 'ok'
      } catch (error) {
        return (error as Failure).code
      }
    },
  }
}

const many = (count: number, ask: (n: number) => Promise<string>) => Promise.all(Array.from({ length: count }, (_, n) => ask(n)))
const countOf = (answers: readonly string[], word: string) => answers.filter((answer) => answer === word).length

describe('wrong credentials from one address', () => {
  test('are looked up as often as the limit says, and then no credential from there is', async () => {
    const { ask, lookedUp } = gate({ wrongCredentials: 5 })
    const answers: string[] = []
    for (let n = 0; n < 20; n++) answers.push(await ask('203.0.113.5', `guess ${n}`))
    expect(countOf(answers, 'unauthorized')).toBe(5)
    expect(countOf(answers, 'limited')).toBe(15)
    // The sixth showed that it is too many.
    expect(lookedUp).toHaveLength(6)
    expect(await ask('203.0.113.5', 'good but never seen')).toBe('limited')
  })

  test('do not keep out who shares the address and was let in meanwhile', async () => {
    const { ask } = gate({ wrongCredentials: 3 })
    await ask('203.0.113.5', 'guess')
    expect(await ask('203.0.113.5', 'good neighbour')).toBe('ok')
    await many(10, (n) => ask('203.0.113.5', `guess ${n}`))
    expect(await ask('203.0.113.5', 'good neighbour')).toBe('ok')
    expect(await ask('203.0.113.5', 'good stranger')).toBe('limited')
  })

  test('do not keep out other addresses', async () => {
    const { ask } = gate({ wrongCredentials: 2 })
    await many(10, (n) => ask('203.0.113.5', `guess ${n}`))
    expect(await ask('203.0.113.6', 'guess')).toBe('unauthorized')
    expect(await ask('203.0.113.6', 'good')).toBe('ok')
  })

  test('are counted together for all addresses that one IPv6 client has', async () => {
    const { ask } = gate({ wrongCredentials: 5 })
    const answers = await many(20, (n) => ask(`2001:db8:1:2::${n.toString(16)}`, 'guess'))
    expect(countOf(answers, 'unauthorized')).toBe(5)
  })

  test('are not counted on this machine', async () => {
    const { ask } = gate({ wrongCredentials: 2, perAddress: 2 })
    for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(countOf(await many(10, () => ask(here, 'guess')), 'unauthorized')).toBe(10)
  })

  test('of 0 is no limit', async () => {
    const { ask } = gate({})
    expect(countOf(await many(200, () => ask('203.0.113.5', 'guess')), 'unauthorized')).toBe(200)
  })

  test('cost no memory without bound, whatever addresses they come from', async () => {
    const { ask } = gate({ wrongCredentials: 1 })
    await ask('203.0.113.5', 'guess')
    await many(10_001, (n) => ask(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 'guess'))
    // It was the first to be forgotten; the window still counts it.
    expect(await ask('203.0.113.5', 'good')).toBe('ok')
    expect(await ask('203.0.113.5', 'guess')).toBe('limited')
  })
})

describe('requests from one address', () => {
  test('are refused above the limit, with a credential or without, before anything is looked up', async () => {
    const { ask, lookedUp } = gate({ perAddress: 4 })
    const answers = await many(10, (n) => ask('203.0.113.5', n % 2 ? 'good' : undefined))
    expect(countOf(answers, 'limited')).toBe(6)
    expect(lookedUp).toHaveLength(4)
    expect(await ask('203.0.113.6', 'good')).toBe('ok')
  })

  test('come to nothing while the process cannot keep up', async () => {
    const { ask, lookedUp } = gate({}, createLocalWindows(), { ...calm, on: true })
    expect([await ask('127.0.0.1', 'good'), await ask('203.0.113.5', 'good')]).toEqual(['unavailable', 'unavailable'])
    expect(lookedUp).toEqual([])
  })

  withRedis()('are counted by all replicas together', async () => {
    const server = await startRedis()
    const replicas = await Promise.all([1, 2].map(() => openRedis(server.url, collectedLog(), { patience: 2_000 })))
    try {
      await until('both are ready', () => replicas.every((redis) => redis.ready()))
      const gates = replicas.map((redis) => gate({ perAddress: 10, wrongCredentials: 4 }, createWindows(redis)))
      const address = `test ${randomUUID()}`
      const answers = await many(30, (n) => gates[n % 2]!.ask(address, 'good'))
      expect(countOf(answers, 'ok')).toBe(10)
      const wrong = await many(30, (n) => gates[n % 2]!.ask('198.51.100.7', n < 20 ? 'guess' : 'good'))
      expect(countOf(wrong, 'unauthorized')).toBe(4)
    } finally {
      await Promise.all(replicas.map((redis) => redis.stop()))
      await server.remove()
    }
  })
})
