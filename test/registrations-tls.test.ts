/** Two Switchyards, one registered at the other, where neither lets anybody connect who has no certificate. */
import { afterEach, expect, test, vi } from 'vitest'
import { textOf } from './clients.ts'
import { type Ca, makeCa } from './fakes/certificates.ts'
import { tlsClient } from './fakes/tls-client.ts'
import { type StartOptions, start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000 })

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

function authority(name: string): Ca {
  const ca = makeCa(name)
  undo.push(() => ca.remove())
  return ca
}

async function system(file: NonNullable<StartOptions['file']>): Promise<TestSystem> {
  const started = await start({ file, flags: { admin: false } })
  undo.push(() => started.stop())
  return started
}

/** Both ends show a certificate of this authority, and ask for one. */
function both(ca: Ca) {
  const files = ({ certFile, keyFile }: ReturnType<Ca['issue']>) => ({ cert: certFile, key: keyFile, ca: ca.certFile })
  const server = (clients: object[]) => {
    const { certFile, keyFile } = ca.issue({ cn: 'server' })
    return { enabled: true, mode: 'mtls_only', cert_file: certFile, key_file: keyFile, ca_cert: ca.certFile, clients }
  }
  const main = (branch: readonly string[]) => ({
    ssl: server([
      { subject: 'CN=branch', scopes: branch },
      { subject: 'CN=person', scopes: ['read', 'call'] },
    ]),
    registrations: { ssl: files(ca.issue({ cn: 'main', client: true })) },
  })
  const branch = (at: TestSystem) => ({
    ssl: server([{ subject: 'CN=main', scopes: ['read', 'call'] }]),
    proxy_registration: {
      enabled: true,
      proxy_url: at.url,
      server_id: 'branch',
      retry_delay: 0.05,
      ssl: files(ca.issue({ cn: 'branch', client: true })),
    },
  })
  return { main, branch }
}

test('register, are called back, and pass calls on, each under its certificate', async () => {
  const ca = authority('Company')
  const files = both(ca)
  const main = await system(files.main(['register']))
  const branch = await system(files.branch(main))
  expect(main.url).toMatch(/^https:/)
  const person = tlsClient(ca.cert, ca.issue({ cn: 'person', client: true }))
  undo.push(() => person.close())
  const client = await person.connect('sse', main.url)
  await until('its tools are there', async () => {
    const { tools } = await client.listTools()
    return tools.some(({ name }) => name === 'branch_echo')
  })
  expect(textOf(await client.callTool({ name: 'branch_echo', arguments: { message: 'through two' } }))).toContain('through two')
  await branch.stop()
  await until('they are gone', async () => {
    const { tools } = await client.listTools()
    return !tools.some(({ name }) => name === 'branch_echo')
  })
})

test('a certificate without the scope cannot register, and the state says why', async () => {
  const files = both(authority('Company'))
  const main = await system(files.main(['read', 'call']))
  const branch = await system(files.branch(main))
  await until('it was refused', () =>
    branch.log.lines.some(
      ({ level, fields }) => level === 'warn' && /scope register|register scope/.test(JSON.stringify(fields)),
    ),
  )
  expect(main.yard.catalog.find('tool', 'branch_echo')).toBeUndefined()
})
