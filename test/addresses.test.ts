/** Which addresses are called for somebody else, and that a name is judged by what it resolves to when the connection is made. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressFault, guardedConnector, guardedLookup, hostFault } from '../app/addresses.ts'

const strict = { private: false }
const open = { private: true }

describe('addressFault', () => {
  const never = [
    ['169.254.169.254', 'the metadata service of most clouds'],
    ['169.254.0.1', 'link-local'],
    ['100.100.100.200', 'the metadata service of another cloud'],
    ['0.0.0.0', 'what means this machine too'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with its zone'],
    ['febf::1', 'the last of the link-local ones'],
    ['fd00:ec2::254', 'a metadata service over IPv6'],
    ['::', 'what means this machine too'],
    ['ff02::1', 'multicast'],
    ['::ffff:169.254.169.254', 'IPv4 in IPv6'],
    ['::ffff:a9fe:a9fe', 'the same in hexadecimal'],
    ['64:ff9b::a9fe:a9fe', 'the same behind NAT64'],
    ['2002:a9fe:a9fe::1', 'the same behind 6to4'],
    ['::a9fe:a9fe', 'the same in the oldest form'],
    ['', 'nothing'],
    ['example.org', 'a name'],
  ] as const
  test.each(never)('%s is never called: %s', (ip) => {
    expect(addressFault(ip, open)).toBeTypeOf('string')
    expect(addressFault(ip, strict)).toBeTypeOf('string')
  })

  const ours = ['127.0.0.1', '127.8.8.8', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1']
  test.each([...ours, '::1', 'fc00::1', 'fd12:3456::1', '::ffff:10.0.0.1', '::ffff:7f00:1', '64:ff9b::a00:1'])(
    '%s is called only where private ones are allowed',
    (ip) => {
      expect(addressFault(ip, open)).toBeUndefined()
      expect(addressFault(ip, strict)).toMatch(/private/)
    },
  )

  test.each(['93.184.216.34', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '64:ff9b::808:808'])(
    '%s is called',
    (ip) => {
      expect(addressFault(ip, strict)).toBeUndefined()
    },
  )
})

test('a host of a URL is judged in every way to write the same address', () => {
  const hosts = ['http://2852039166/', 'http://0xa9fea9fe/', 'http://169.254.43518/', 'http://[::ffff:169.254.169.254]/']
  for (const text of hosts) expect(hostFault(new URL(text).hostname, open), text).toMatch(/metadata/)
  expect(hostFault('Metadata.Google.Internal.', open)).toMatch(/metadata/)
  expect(hostFault('localhost', strict)).toMatch(/private/)
  expect(hostFault('localhost', open)).toBeUndefined()
  expect(hostFault('service.example.org', strict)).toBeUndefined()
})

describe('at the time of the connection', () => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.end('here')
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  const here = (host: string) => `http://${host}:${(server.address() as AddressInfo).port}/`

  async function get(url: string, connect: NonNullable<Agent.Options['connect']>): Promise<string> {
    const dispatcher = new Agent({ connect })
    try {
      const { body } = await request(url, { dispatcher })
      return await body.text()
    } finally {
      await dispatcher.destroy()
    }
  }

  test('a name that resolves to a forbidden address is not connected to', async () => {
    const before = asked
    await expect(get(here('localhost'), { lookup: guardedLookup(strict) })).rejects.toThrow(/private/)
    await expect(get(here('127.0.0.1'), guardedConnector(strict))).rejects.toThrow(/private/)
    await expect(get(here('localhost'), guardedConnector(strict))).rejects.toThrow(/private/)
    expect(asked).toBe(before)
  })

  test('an allowed one is', async () => {
    expect(await get(here('localhost'), guardedConnector(open))).toBe('here')
    expect(await get(here('127.0.0.1'), guardedConnector(open))).toBe('here')
    expect(await get(here('localhost'), { lookup: guardedLookup(open) })).toBe('here')
  })
})
