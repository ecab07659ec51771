/** deploy/Dockerfile, as far as it can be looked at without building it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { makeCa } from './fakes/certificates.ts'
import { start } from './start.ts'

const root = new URL('../', import.meta.url)
const text = readFileSync(new URL('deploy/Dockerfile', root), 'utf8')

/** `[instruction, arguments]` for each instruction, continued lines joined and comments left out. */
const instructions = text
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter(Boolean)
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const)
const all = (name: string) => instructions.filter(([instruction]) => instruction === name).map(([, rest]) => rest)
const final = instructions.slice(instructions.findLastIndex(([instruction]) => instruction === 'FROM'))
const last = (name: string) => final.findLast(([instruction]) => instruction === name)?.[1]

test('every stage starts from Node 24 slim', () => {
  for (const base of all('FROM')) expect(base).toMatch(/^node:24-slim( AS \w+)?$/)
})

test('the process is not root, and /data is its own', () => {
  expect(last('USER')).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/)
  const [uid, gid] = last('USER')!.split(':')
  expect(last('RUN')).toContain(`install --directory --owner=${uid} --group=${gid} --mode=0700 /data`)
})

test('the image says how it is run, in exec form', () => {
  expect(JSON.parse(last('ENTRYPOINT')!)).toEqual(['node', 'dist/main.js'])
  expect(JSON.parse(last('CMD')!)).toEqual(['--transport', 'sse', '--admin'])
  expect(last('ENV')!.split(' ').sort()).toEqual(['MCP_DATA_DIR=/data', 'MCP_HOST=0.0.0.0', 'NODE_ENV=production'])
  expect(last('EXPOSE')).toBe('9090 9091')
  expect(last('STOPSIGNAL')).toBe('SIGTERM')
})

test('what is copied from the checkout is there, and the rest comes from an earlier stage', () => {
  const stages = all('FROM').flatMap((base) => base.split(' AS ')[1] ?? [])
  for (const copied of all('COPY')) {
    const [first, ...rest] = copied.split(' ')
    if (first!.startsWith('--from=')) expect(stages).toContain(first!.slice('--from='.length))
    else for (const source of [first!, ...rest.slice(0, -1)]) expect(existsSync(new URL(source, root))).toBe(true)
  }
})

test('only production packages are shipped, and no package runs a script of its own while they are installed', () => {
  expect(all('RUN').some((command) => command.startsWith('npm ci --omit=dev --ignore-scripts'))).toBe(true)
  expect(final.filter(([instruction]) => instruction === 'COPY').map(([, copied]) => copied)).toContain(
    '--from=modules /app/node_modules ./node_modules',
  )
})

test('no secret of the checkout can get into the image', () => {
  const ignored = readFileSync(new URL('.dockerignore', root), 'utf8').split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['**/.env', '**/.env.*', '.git', '**/node_modules']))
})

describe('the health check, run by a real node', () => {
  const [command, ...words] = JSON.parse(last('HEALTHCHECK')!.split(' CMD ')[1]!) as string[]

  /** The exit code of the command, against servers on these ports instead of 9090 and 9091. */
  async function check(port: number | string, adminPort: number | string = port): Promise<number | null> {
    expect(command).toBe('node')
    const instead: Record<string, string> = { 9090: String(port), 9091: String(adminPort) }
    const child = spawn(
      process.execPath,
      words.map((word) => instead[word] ?? word),
      { cwd: root, stdio: 'inherit' },
    )
    const [code] = (await once(child, 'exit')) as [number | null]
    return code
  }

  test('says healthy when Switchyard is ready, unhealthy when it is not, and unhealthy when nobody is there', async () => {
    let status = 200
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.url)
      response.writeHead(status).end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      expect(await check(port)).toBe(0)
      status = 503
      expect(await check(port)).toBe(1)
      expect(asked).toEqual(['/health/ready', '/health/ready'])
    } finally {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
    expect(await check(port)).toBe(1)
  })

  test('asks over TLS too, and the admin port where the other one wants a certificate', async () => {
    const ca = makeCa()
    try {
      const { certFile, keyFile } = ca.issue()
      for (const mode of ['tls', 'mtls_only']) {
        const ssl = { enabled: true, cert_file: certFile, key_file: keyFile, ca_cert: ca.certFile, mode }
        const system = await start({ file: { ssl } })
        const [port, adminPort] = [system.url, system.adminUrl].map((url) => new URL(url).port) as [string, string]
        try {
          expect(await check(port, adminPort)).toBe(0)
        } finally {
          await system.stop()
        }
        expect(await check(port, adminPort)).toBe(1)
      }
    } finally {
      ca.remove()
    }
  })
})
