/** What is promised about requests to services behind us, whatever those do. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Canceller } from '../app/canceller.ts'
import type { ServiceConfig } from '../app/config/upstream/service.ts'
import { Failure } from '../app/errors.ts'
import { createMetrics } from '../app/metrics.ts'
import { Breaker } from '../app/upstreams/http/breaker.ts'
import { RetryBudget, retryAfter } from '../app/upstreams/http/retries.ts'
import { openService, type Service, type ServiceAsk, type ServiceTools } from '../app/upstreams/http/service.ts'
import { createTraffic } from '../app/upstreams/traffic.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { type HostileService, json, startHostile } from './fakes/hostile-service.ts'
import { until } from './until.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

async function hostile(options?: Parameters<typeof startHostile>[0]): Promise<HostileService> {
  const server = await startHostile(options)
  undo.push(() => server.stop())
  return server
}

const noTls = { ca: null, cert: null, key: null, passphrase: null }

function serviceAt(
  url: string,
  more: Partial<ServiceConfig> = {},
  tools: Partial<ServiceTools> & { timeout?: number } = {},
): Service {
  const { timeout = 5, ...rest } = tools
  const config = { url, headers: {}, tls: noTls, connections: 32, allowPrivate: false, checkEvery: 15, refresh: 300, ...more }
  const service = openService({ name: 'erp', timeout, service: config }, { log: collectedLog(), ...rest })
  undo.push(() => service.close())
  return service
}

const get = (service: Service, url: string | URL = '/', more: Partial<ServiceAsk> = {}) =>
  service.ask({ method: 'GET', url, what: 'GET it', ...more })
const postTo = (service: Service, more: Partial<ServiceAsk> = {}) =>
  service.ask({ method: 'POST', url: '/', body: '{}', what: 'POST it', ...more })

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const problem = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(problem).toBeInstanceOf(Failure)
  return problem as Failure
}

/** Never opens. */
const patient = { failureThreshold: 1_000_000, recoveryTimeout: 30 }

describe('an answer', () => {
  test('is handed over whatever its status, with configured headers and the credentials of the url shown', async () => {
    const server = await hostile()
    server.answer((_, response) => json(response, { message: 'no such order' }, 404))
    const service = serviceAt(server.url.replace('//', '//ann:s3cret@'), { headers: { 'X-Key': 'k-1234567' } })
    const answer = await get(service, 'orders/7', { headers: { accept: 'application/json' } })
    expect([answer.status, answer.json(), answer.url.href]).toEqual([404, { message: 'no such order' }, `${server.url}orders/7`])
    expect(server.seen[0]).toMatchObject({
      path: '/orders/7',
      headers: { 'x-key': 'k-1234567', accept: 'application/json', authorization: `Basic ${btoa('ann:s3cret')}` },
    })
  })

  test('is unpacked, and read by its charset without a byte order mark', async () => {
    const server = await hostile()
    const service = serviceAt(server.url)
    server.answer((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('\uFEFF{"a":1}')))
    expect((await get(service)).json()).toEqual({ a: 1 })
    server.answer((_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync('packed')))
    expect((await get(service)).text()).toBe('packed')
    server.answer((_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain; charset=windows-1251' }).end(Buffer.from([0xcf, 0xf0])),
    )
    expect((await get(service)).text()).toBe('Пр')
  })

  test('larger than the bound is refused while it is read, packed or not, and the next one is read', async () => {
    const server = await hostile()
    const service = serviceAt(server.url)
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    server.answer((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb))
    const packed = await failureOf(get(service, '/', { most: 1_000_000 }))
    expect([packed.code, packed.message]).toEqual(['upstream_failed', 'erp: GET it: the answer is larger than 1000000 bytes'])
    server.answer((_, response) => {
      const more = () => !response.destroyed && response.write(Buffer.alloc(50_000), more)
      more()
    })
    expect((await failureOf(get(service, '/', { most: 1_000_000 }))).message).toContain('larger than 1000000 bytes')
    server.answer((_, response) => json(response, [1]))
    expect((await get(service)).json()).toEqual([1])
  })

  test('that is no JSON is told with how it begins, without what the service was shown', async () => {
    const server = await hostile()
    server.answer((request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${request.headers.authorization}</p>`),
    )
    const service = serviceAt(server.url, { headers: { Authorization: 'Bearer tok-abcdefgh' } })
    const answer = await get(service)
    expect(() => answer.json()).toThrow(
      /erp: GET it should answer JSON, and HTTP 200 came with text\/html and what begins with "<p>/,
    )
    expect(() => answer.json()).not.toThrow(/abcdefgh/)
  })
})

describe('time', () => {
  test('is up for a head and for a body that do not come, and the text says which, how asked and how long', async () => {
    const server = await hostile()
    const service = serviceAt(server.url)
    server.answer(() => {})
    const head = await failureOf(postTo(service, { timeout: 1_000 }))
    expect([head.code, head.message]).toEqual(['upstream_away', 'erp: POST it got no answer within 1 s'])
    server.answer((_, response) => response.writeHead(200).write('{'))
    const body = await failureOf(get(service, '/', { timeout: 1_000 }))
    expect(body.message).toBe('erp: GET it began to answer and did not end within 1 s')
  })

  test('that who asked has set is a time like ours, and no cancellation', async () => {
    const server = await hostile()
    server.answer(() => {})
    const failed = await failureOf(postTo(serviceAt(server.url), { signal: AbortSignal.timeout(1_000) }))
    expect(failed.code).toBe('upstream_away')
    expect(failed.message).toMatch(/^erp: POST it got no answer within \d+(\.\d)? s$/)
  })

  test('ends at once when the caller cancels, before and while the answer comes, and the server sees it', async () => {
    const server = await hostile()
    const service = serviceAt(server.url)
    let gone = 0
    server.answer((_, response) => response.on('close', () => gone++))
    const control = new AbortController()
    const first = failureOf(get(service, '/', { signal: control.signal }))
    await until('the request is there', () => server.seen.length === 1)
    control.abort()
    expect((await first).code).toBe('cancelled')
    server.answer((_, response) =>
      response
        .writeHead(200)
        .on('close', () => gone++)
        .write('half'),
    )
    const cancel = new Canceller()
    const second = failureOf(get(service, '/', { cancel }))
    await until('the second one, too', () => server.seen.length === 2)
    cancel.abort()
    expect((await second).code).toBe('cancelled')
    await until('both connections were cut', () => gone === 2)
    expect(service.breaker).toBe('closed')
  })
})

describe('what failed on the way', () => {
  const resetOnce = (server: HostileService) => {
    server.answer(({ socket }, response) => (server.seen.length === 1 ? socket.destroy() : json(response, 'again')))
  }

  test('is sent again where that is safe', async () => {
    const server = await hostile()
    resetOnce(server)
    expect((await get(serviceAt(server.url))).json()).toBe('again')
    expect(server.seen).toHaveLength(2)
  })

  test('is not sent again where it may have been done, unless the caller says that it is safe', async () => {
    const server = await hostile()
    resetOnce(server)
    const service = serviceAt(server.url)
    expect((await failureOf(postTo(service))).code).toBe('upstream_away')
    expect(server.seen).toHaveLength(1)
    server.seen.length = 0
    expect((await postTo(service, { safe: true })).json()).toBe('again')
  })

  test('is sent again whatever it is when nothing of it got there', async () => {
    const server = await hostile()
    const { port, url } = server
    const traffic = createTraffic(createMetrics())
    await server.stop()
    const service = serviceAt(url, {}, { traffic })
    const answer = postTo(service)
    await until('it failed once', () => traffic.of('erp').failures > 0)
    const back = await hostile({ port })
    expect((await answer).status).toBe(200)
    expect(back.seen).toHaveLength(1)
  })

  test('is sent again after 503, not before the server says, and not where that is too late', async () => {
    const server = await hostile()
    let rested = false
    server.answer((_, response) => {
      if (server.seen.length > 1) return json(response, rested ? 'rested' : 'disturbed')
      json(response, 'busy', 503, { 'retry-after': '1' })
      setTimeout(() => {
        rested = true
      }, 500)
    })
    const service = serviceAt(server.url, {}, { breaker: patient })
    expect((await get(service)).json()).toBe('rested')
    server.answer((_, response) => json(response, 'busy', 503, { 'retry-after': '60' }))
    expect((await get(service)).status).toBe(503)
    expect(server.seen).toHaveLength(3)
  })

  test('a refusal of the service itself is not asked for twice', async () => {
    const server = await hostile()
    server.answer((_, response) => json(response, 'broken', 500))
    expect((await get(serviceAt(server.url))).status).toBe(500)
    expect(server.seen).toHaveLength(1)
  })

  test('is sent again for at most a fifth of the requests, when all fail', async () => {
    const server = await hostile()
    server.answer(({ socket }) => socket.destroy())
    const service = serviceAt(server.url, {}, { breaker: patient })
    await Promise.all(Array.from({ length: 100 }, () => failureOf(get(service))))
    expect(server.seen.length).toBeGreaterThan(100)
    expect(server.seen.length).toBeLessThanOrEqual(120)
  })

  test('the budget forgets after ten seconds', () => {
    let now = 0
    const budget = new RetryBudget(() => now)
    budget.asked()
    expect([budget.take(), budget.take(), budget.take(), budget.take()]).toEqual([true, true, true, false])
    now = 11_000
    expect(budget.take()).toBe(true)
  })

  test('Retry-After is understood in seconds and as a date', () => {
    const now = () => Date.parse('Tue, 01 Dec 2026 10:00:00 GMT')
    expect(retryAfter({ 'retry-after': '3' }, now)).toBe(3_000)
    expect(retryAfter({ 'retry-after': 'Tue, 01 Dec 2026 10:00:05 GMT' }, now)).toBe(5_000)
    expect(retryAfter({ 'retry-after': 'soon' }, now)).toBeUndefined()
  })
})

describe('a circuit breaker', () => {
  test('opens after failures in a row, says when the next trial is, lets one through, and closes when that is answered', async () => {
    const server = await hostile()
    const log = collectedLog()
    server.answer((_, response) => json(response, 'away', 503))
    let clock = 0
    const tools = { breaker: { failureThreshold: 3, recoveryTimeout: 30 }, log, now: () => clock }
    const service = serviceAt(server.url, {}, tools)
    for (let n = 0; n < 3; n++) expect((await postTo(service)).status).toBe(503)
    expect(service.breaker).toBe('open')
    expect(log.of('breaker open')).toHaveLength(1)
    clock = 12_500
    const refused = await failureOf(postTo(service))
    expect([refused.code, refused.data]).toEqual(['upstream_away', { retry_after: 18 }])
    expect(refused.message).toBe(
      'erp: POST it was not sent, because the last 3 requests failed, the last one with: HTTP 503; the next try is in 18 s',
    )
    expect(server.seen).toHaveLength(3)

    clock = 30_000
    let release = () => {}
    server.answer((_, response) => {
      release = () => json(response, 'back')
    })
    const calls = Array.from({ length: 20 }, () => postTo(service).catch((error: unknown) => error))
    await until('the trial is there', () => server.seen.length === 4)
    expect(service.breaker).toBe('half-open')
    release()
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((each) => each instanceof Failure)).toHaveLength(19)
    expect([service.breaker, server.seen.length]).toEqual(['closed', 4])
  })

  test('a failed trial opens it again, a dropped one leaves the next to somebody else, and late failures change nothing', () => {
    let now = 0
    const breaker = new Breaker({ failureThreshold: 2, recoveryTimeout: 10 }, () => now)
    const ticket = () => {
      const given = breaker.enter()
      if (typeof given === 'number') throw new Error('not let through')
      return given
    }
    const [one, two, late] = [ticket(), ticket(), ticket()]
    one.failed('reset')
    two.failed('reset')
    expect([breaker.state, breaker.enter()]).toEqual(['open', 10])
    now = 10_000
    const trial = ticket()
    expect([breaker.state, breaker.enter()]).toEqual(['half-open', 1])
    late.failed('reset')
    expect(breaker.state).toBe('half-open')
    trial.dropped()
    expect(breaker.state).toBe('open')
    ticket().failed('reset')
    expect([breaker.state, breaker.enter()]).toEqual(['open', 10])
  })

  test('whoever looks now and then is let through; an answer closes it where looks had none before, and else not', async () => {
    const server = await hostile()
    server.answer(({ socket }) => socket.destroy())
    const service = serviceAt(server.url, {}, { breaker: { failureThreshold: 1, recoveryTimeout: 60 } })
    await failureOf(postTo(service))
    expect(service.breaker).toBe('open')
    const there = () => server.answer((_, response) => json(response, 'there'))
    there()
    await get(service, '/', { probe: true })
    expect(service.breaker).toBe('open')
    server.answer(({ socket }) => socket.destroy())
    await failureOf(get(service, '/', { probe: true }))
    there()
    await get(service, '/', { probe: true })
    expect(service.breaker).toBe('closed')
  })

  test('is in the metrics, with requests and retries', async () => {
    const server = await hostile()
    server.answer(({ socket }) => socket.destroy())
    const metrics = createMetrics()
    const tools = { traffic: createTraffic(metrics), breaker: { failureThreshold: 2, recoveryTimeout: 60 } }
    const service = serviceAt(server.url, {}, tools)
    await failureOf(get(service))
    const text = await metrics.text()
    expect(text).toContain('switchyard_upstream_requests_total{upstream="erp"} 1')
    expect(text).toContain('switchyard_upstream_retries_total{upstream="erp"} 1')
    expect(text).toContain('switchyard_upstream_breaker{upstream="erp"} 2')
  })
})

describe('a redirect', () => {
  const redirect = (server: HostileService, location: (path: string) => string | undefined, status = 302) =>
    server.answer((request, response) => {
      const to = location(request.path)
      if (to === undefined) json(response, 'arrived')
      else response.writeHead(status, { location: to }).end()
    })

  test('is followed for reads at the same origin, three times at most', async () => {
    const server = await hostile()
    const service = serviceAt(server.url, { headers: { 'X-Key': 'k-1234567' } })
    redirect(server, (path) => (path === '/3' ? undefined : `/${Number(path.slice(1)) + 1}`))
    const answer = await get(service, '/0')
    expect([answer.json(), answer.url.pathname]).toEqual(['arrived', '/3'])
    expect(server.seen[3]!.headers['x-key']).toBe('k-1234567')
    redirect(server, () => '/again')
    expect((await failureOf(get(service))).message).toContain('redirects more than 3 times')
  })

  test('to another origin gets nothing that we are known by', async () => {
    const [server, other] = [await hostile(), await hostile()]
    redirect(server, () => `${other.url}elsewhere`)
    const service = serviceAt(server.url.replace('//', '//ann:s3cret@'), {
      headers: { 'X-Key': 'k-1234567' },
      allowPrivate: true,
    })
    const headers = { authorization: 'Bearer mine', cookie: 'a=b', 'x-mine': 'mine', accept: 'application/json' }
    expect((await get(service, '/', { headers })).json()).toEqual({ ok: true })
    const { connection: _c, host: _h, ...shown } = other.seen[0]!.headers
    expect(shown).toEqual({ accept: 'application/json', 'accept-encoding': 'gzip, br', 'user-agent': 'switchyard' })
  })

  test('to another origin and back is still one of somebody else', async () => {
    const [server, other] = [await hostile(), await hostile()]
    redirect(server, (path) => (path === '/' ? other.url : undefined))
    redirect(other, () => `${server.url}admin`)
    const service = serviceAt(server.url, { headers: { 'X-Key': 'k-1234567' }, allowPrivate: true })
    expect((await get(service)).json()).toBe('arrived')
    expect(server.seen[1]!.headers).not.toHaveProperty('x-key')
  })

  test('to an address of a private network or of a cloud is not followed', async () => {
    const [server, other] = [await hostile(), await hostile()]
    redirect(server, () => other.url)
    expect((await failureOf(get(serviceAt(server.url)))).message).toContain('allow_private')
    expect(other.seen).toHaveLength(0)
    redirect(server, () => `http://localhost:${other.port}/`)
    expect((await failureOf(get(serviceAt(server.url)))).code).toBe('upstream_failed')
    redirect(server, () => 'http://169.254.169.254/latest/meta-data')
    expect((await failureOf(get(serviceAt(server.url, { allowPrivate: true })))).message).toContain('169.254.169.254')
    expect(other.seen).toHaveLength(0)
  })

  test.each([301, 302, 303, 307, 308])('of a POST (%i) is refused with the address that would be right', async (status) => {
    const server = await hostile()
    redirect(server, () => '/Base/hs/mcp', status)
    const refused = await failureOf(postTo(serviceAt(server.url)))
    expect(refused.code).toBe('upstream_failed')
    expect(refused.message).toContain(`${server.url}Base/hs/mcp`)
    expect(refused.message).toContain('would become a GET')
    expect(server.seen).toHaveLength(1)
  })
})

describe('another host', () => {
  test('that is asked for by name gets no configured header, and is none of a private network unless allowed', async () => {
    const [server, other] = [await hostile(), await hostile()]
    const headers = { 'X-Key': 'k-1234567' }
    expect((await failureOf(get(serviceAt(server.url, { headers }), other.url))).code).toBe('upstream_failed')
    await get(serviceAt(server.url, { headers, allowPrivate: true }), other.url)
    expect(other.seen[0]!.headers).not.toHaveProperty('x-key')
  })

  test('that named itself is bound to the same, with the url that it named', async () => {
    const server = await hostile()
    const service = serviceAt(server.url, {}, { guard: { private: false } })
    expect((await failureOf(get(service))).code).toBe('upstream_failed')
    expect((await get(serviceAt(server.url, {}, { guard: { private: true } }))).status).toBe(200)
  })
})

describe('certificates', () => {
  let home: string
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'switchyard-service-'))
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: home, stdio: 'pipe' })
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2']
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=authority',
      '-days',
      '2',
    )
    writeFileSync(join(home, 'san'), 'subjectAltName=IP:127.0.0.1')
    for (const name of ['server', 'client', 'second']) {
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}`,
      )
      openssl('x509', '-req', '-in', `${name}.csr`, ...authority, '-out', `${name}.pem`, '-extfile', 'san')
    }
  })
  afterAll(() => rmSync(home, { recursive: true }))

  const file = (name: string) => join(home, name)

  async function strict() {
    const read = (name: string) => readFileSync(file(name))
    const tls = {
      cert: read('server.pem'),
      key: read('server.key'),
      ca: read('ca.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    }
    const server = await hostile({ tls })
    server.answer(({ socket }, response) => json(response, (socket as TLSSocket).getPeerCertificate().subject.CN))
    return server
  }

  test('are shown to a server that wants one, and whoever has none is told what was wrong', async () => {
    const server = await strict()
    const tls = { ...noTls, ca: file('ca.pem') }
    expect(
      (await get(serviceAt(server.url, { tls: { ...tls, cert: file('client.pem'), key: file('client.key') } }))).json(),
    ).toBe('client')
    expect((await failureOf(get(serviceAt(server.url, { tls })))).code).toBe('upstream_away')
    expect((await failureOf(get(serviceAt(server.url)))).message).toMatch(/certificate/)
  })

  test('that cannot be read, or do not go together, are named', async () => {
    const server = await strict()
    const missing = serviceAt(server.url, { tls: { ...noTls, ca: file('none.pem') } })
    expect((await failureOf(get(missing))).message).toMatch(/erp: ca_file cannot be read: ENOENT.*none\.pem/)
    const mixed = serviceAt(server.url, { tls: { ...noTls, cert: file('client.pem'), key: file('server.key') } })
    expect((await failureOf(get(mixed))).message).toMatch(
      /its certificates are of no use \(cert_file .*client\.pem, key_file .*server\.key\)/,
    )
  })

  test('a service that redirects elsewhere does not show ours there', async () => {
    const [server, other] = [await strict(), await strict()]
    server.answer((_, response) => response.writeHead(302, { location: other.url }).end())
    const tls = { ...noTls, ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') }
    await failureOf(get(serviceAt(server.url, { tls, allowPrivate: true })))
    expect(other.seen).toHaveLength(0)
  })

  test('that were replaced are read again', async () => {
    const server = await strict()
    const copy = (from: string) => {
      for (const kind of ['pem', 'key'])
        writeFileSync(file(`current.${kind}`), readFileSync(file(`${from}.${kind}`)), { mode: 0o600 })
    }
    copy('client')
    const clock = { at: 0 }
    const tls = { ...noTls, ca: file('ca.pem'), cert: file('current.pem'), key: file('current.key') }
    const service = serviceAt(server.url, { tls }, { now: () => clock.at })
    expect((await get(service)).json()).toBe('client')
    copy('second')
    utimesSync(file('current.pem'), new Date(), new Date(Date.now() + 5_000))
    clock.at = 60_000
    expect((await get(service)).json()).toBe('second')
  })
})
