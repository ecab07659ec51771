/** Where a request is taken to come from, whatever it says about itself. */
import type { IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countedAs, createClientAddress } from '../app/client-address.ts'

const asked = (remoteAddress: string | undefined, headers: IncomingHttpHeaders = {}) => ({ headers, socket: { remoteAddress } })
const through = (peer: string, forwarded: string) => asked(peer, { 'x-forwarded-for': forwarded })

describe('the address of a client', () => {
  const { addressOf } = createClientAddress(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1'])

  test.each([
    ['the connection, where nobody says otherwise', asked('203.0.113.5'), '203.0.113.5'],
    ['the connection, where somebody we do not trust says otherwise', through('203.0.113.5', '198.51.100.1'), '203.0.113.5'],
    ['what a trusted proxy says', through('10.1.2.3', '203.0.113.5'), '203.0.113.5'],
    ['what a trusted proxy says that is named by its address', through('192.0.2.7', '203.0.113.5'), '203.0.113.5'],
    ['the last that no trusted proxy can have made up', through('10.1.2.3', '1.1.1.1, 203.0.113.5, 10.9.9.9'), '203.0.113.5'],
    ['never what stands left of an address that is not trusted', through('10.1.2.3', '127.0.0.1, 203.0.113.5'), '203.0.113.5'],
    ['the first, where all are trusted', through('10.1.2.3', '10.7.7.7, 10.9.9.9'), '10.7.7.7'],
    ['the proxy, where what it says is no address', through('10.1.2.3', 'unknown'), '10.1.2.3'],
    ['the proxy before something that is no address', through('10.1.2.3', '203.0.113.5, ; drop, 10.9.9.9'), '10.9.9.9'],
    ['the proxy, where it says nothing', through('10.1.2.3', ''), '10.1.2.3'],
    ['IPv4 in its own form', asked('::ffff:203.0.113.5'), '203.0.113.5'],
    [
      'what a trusted proxy says whose IPv4 address comes in the IPv6 form',
      through('::ffff:10.1.2.3', '::ffff:203.0.113.5'),
      '203.0.113.5',
    ],
    ['IPv6 behind IPv6', through('fd00::1', '2001:DB8::5'), '2001:db8::5'],
    ['an address with a port behind it', through('10.1.2.3', '203.0.113.5:4711'), '203.0.113.5'],
    ['an IPv6 address in brackets, with a port', through('::1', '[2001:db8::5]:4711'), '2001:db8::5'],
    ['without the zone of a link', asked('fe80::1%eth0'), 'fe80::1'],
    ['unknown, where the connection has ended', asked(undefined), 'unknown'],
  ])('is %s', (_, request, address) => expect(addressOf(request)).toBe(address))

  test('is that of the connection, whatever is said, where no proxy is trusted', () => {
    const { addressOf: plainly } = createClientAddress([])
    fc.assert(
      fc.property(fc.string(), (said) => {
        expect(plainly(through('127.0.0.1', said))).toBe('127.0.0.1')
      }),
    )
  })

  test('is never one that only the client can have said', () => {
    const said = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { maxLength: 5 })
    fc.assert(
      fc.property(said, (before) => {
        expect(addressOf(through('10.1.2.3', [...before, '203.0.113.5'].join(',')))).toBe('203.0.113.5')
      }),
    )
  })
})

describe('a client is on this machine', () => {
  const { isLocal } = createClientAddress([])
  test.each([
    ['where its connection is', asked('127.0.0.1'), true],
    ['where its connection is, over IPv6', asked('::1'), true],
    ['not where a proxy on it passes on what it was sent', through('127.0.0.1', '203.0.113.5'), false],
    ['not where that proxy speaks RFC 7239', asked('127.0.0.1', { forwarded: 'for=203.0.113.5' }), false],
    ['not elsewhere', asked('203.0.113.5'), false],
  ])('%s', (_, request, local) => expect(isLocal(request)).toBe(local))

  test('not where a trusted proxy says that somebody far away asks', () => {
    expect(createClientAddress(['127.0.0.1']).isLocal(through('127.0.0.1', '203.0.113.5'))).toBe(false)
  })
})

describe('TLS and the name that was asked for', () => {
  const behind = (peer: string) =>
    asked(peer, { host: 'switchyard:9090', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'tools.example' })
  const { isSecure, hostOf } = createClientAddress(['10.0.0.0/8'])

  test('are what a trusted proxy says', () => {
    expect([isSecure(behind('10.1.2.3')), hostOf(behind('10.1.2.3'))]).toEqual([true, 'tools.example'])
  })
  test('are not what anybody else says', () => {
    expect([isSecure(behind('203.0.113.5')), hostOf(behind('203.0.113.5'))]).toEqual([false, 'switchyard:9090'])
  })
  test('of a list, only the last was said by the proxy next to us', () => {
    const request = asked('10.1.2.3', {
      host: 'a',
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'evil.example, b.example:8443',
    })
    expect([isSecure(request), hostOf(request)]).toEqual([false, 'b.example:8443'])
  })
  test('a name that is none is not taken', () => {
    expect(hostOf(asked('10.1.2.3', { host: 'a', 'x-forwarded-host': 'b"/><script>' }))).toBe('a')
  })
  test('our own TLS counts', () => expect(createClientAddress([], true).isSecure(asked('203.0.113.5'))).toBe(true))
})

test.each([
  ['203.0.113.5', '203.0.113.5'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s is counted as %s', (address, counted) => expect(countedAs(address)).toBe(counted))
