/** deploy/docker-compose.yml and what it mounts. No container is started here: the parts that can be tried without one are tried. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../app/config.ts'
import { migrate } from '../app/store/migrations.ts'
import { asked, example, readCompose } from './fakes/compose.ts'
import { startPostgres, withPostgres } from './services.ts'
import { tool } from './tool.ts'

const run = promisify(execFile)
const deploy = fileURLToPath(new URL('../deploy/', import.meta.url))
const secrets = ['SECRET_KEY', 'POSTGRES_PASSWORD', 'DATABASE_PASSWORD', 'REDIS_PASSWORD']
/** As start.sh makes them. */
const filled = { ...example, ...Object.fromEntries(secrets.map((name, index) => [name, `0123456789abcdef${index}`.repeat(4)])) }
const { services, volumes } = readCompose(filled)

test('every variable that the file asks for is explained in .env.example, and no other', () => {
  expect([...asked].sort()).toEqual(Object.keys(example).sort())
})

test.each(secrets)('without %s nothing starts, and the message says who makes one', (name) => {
  expect(() => readCompose({ ...filled, [name]: '' })).toThrow(/start\.sh prod/)
})

test('Switchyard can be scaled: it has no fixed name and no port of the host', () => {
  expect(services.switchyard).not.toHaveProperty('container_name')
  expect(services.switchyard).not.toHaveProperty('ports')
})

test('both ports are published by nginx, and to this machine only unless the operator says otherwise', () => {
  expect(services.nginx!.ports).toEqual(['127.0.0.1:9090:9090', '127.0.0.1:9091:9091'])
  expect(readCompose({ ...filled, BIND_ADDRESS: '0.0.0.0' }).services.nginx!.ports).toEqual([
    '0.0.0.0:9090:9090',
    '0.0.0.0:9091:9091',
  ])
  for (const name of ['postgres', 'redis', 'switchyard']) expect(services[name]).not.toHaveProperty('ports')
})

test('nobody starts before what it needs is healthy', () => {
  const healthy = { condition: 'service_healthy' }
  expect(services.switchyard!.depends_on).toEqual({ postgres: healthy, redis: healthy })
  expect(services.nginx!.depends_on).toEqual({ switchyard: healthy })
  // Switchyard's own check stands in the Dockerfile.
  for (const name of ['postgres', 'redis', 'nginx']) expect(services[name]!.healthcheck!.test[0]).toMatch(/^CMD(-SHELL)?$/)
})

test('Switchyard gets time to stop, something that collects orphans, and bounds', () => {
  expect(services.switchyard).toMatchObject({ stop_grace_period: '15s', init: true })
  expect(Object.keys(services.switchyard!.deploy!.resources.limits).sort()).toEqual(['cpus', 'memory'])
})

test('every mounted file is there, and every named volume is declared', () => {
  const mounts = Object.values(services).flatMap((service) => (service.volumes ?? []).map((volume) => volume.split(':')[0]!))
  for (const source of mounts) {
    // Docker makes a folder of a file that is missing, and the service fails on that much later.
    if (source.startsWith('.')) expect(statSync(join(deploy, source)).isFile()).toBe(true)
    else expect(volumes).toHaveProperty(source)
  }
  const { context, dockerfile } = services.switchyard!.build!
  expect(existsSync(join(deploy, context, dockerfile))).toBe(true)
})

test('Switchyard accepts the settings and the configuration file that it is given', () => {
  const file = services.switchyard!.volumes!.find((volume) => volume.includes('switchyard.yaml'))!.split(':')[0]!
  const environment = readCompose({ ...filled, MCP_PUBLIC_URL: 'https://switchyard.example' }).services.switchyard!.environment!
  const image = { MCP_HOST: '0.0.0.0', MCP_DATA_DIR: '/data', NODE_ENV: 'production' }
  const { config, origins, warnings } = loadConfig({
    flags: { config: join(deploy, file) },
    env: { ...image, ...environment },
    cwd: deploy,
    home: '/data',
  })
  expect(warnings).toEqual([])
  expect([...origins.values()]).toEqual(expect.arrayContaining(Object.keys(environment)))
  expect(config.server).toMatchObject({ host: '0.0.0.0', port: 9090, adminPort: 9091, allowedHosts: ['localhost', '127.0.0.1'] })
  expect(config.database.url).toBe(`postgresql://switchyard:${filled.DATABASE_PASSWORD}@postgres:5432/switchyard`)
  expect(config.redis.url).toBe(`redis://:${filled.REDIS_PASSWORD}@redis:6379/0`)
})

test('a setting that .env leaves empty is as if it were not there', () => {
  const env: Record<string, string> = { MCP_HOST: '0.0.0.0', ...services.switchyard!.environment }
  expect(env.MCP_PUBLIC_URL).toBe('')
  expect(loadConfig({ flags: {}, env, cwd: tmpdir(), home: tmpdir() }).config.server.publicUrl).toBeNull()
})

test('the example in switchyard.yaml is one that Switchyard accepts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-deploy-'))
  try {
    const lines = readFileSync(join(deploy, 'switchyard.yaml'), 'utf8').split('\n')
    const from = lines.indexOf('# mcpServers:')
    const uncommented = lines
      .slice(from)
      .filter((line) => line.startsWith('# '))
      .map((line) => line.slice(2))
    const file = join(folder, 'switchyard.yaml')
    writeFileSync(file, uncommented.join('\n'))
    const { config } = loadConfig({ flags: { config: file }, env: { DOCS_TOKEN: 'token' }, cwd: folder, home: folder })
    expect(config.upstreams.map(({ name }) => name)).toEqual(['files', 'docs'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const psql = tool('psql')

describe.skipIf(!psql)('init-db.sql, on a new PostgreSQL', () => {
  const initialize = (url: string, environment: Record<string, string>) =>
    // As the image's entrypoint runs it.
    run(psql!, ['-v', 'ON_ERROR_STOP=1', '--no-psqlrc', '-f', join(deploy, 'init-db.sql'), url], {
      env: { PATH: dirname(psql!), ...environment },
    })

  withPostgres()('makes a role that can do nothing but own its database, and the migrations need no more', async () => {
    const server = await startPostgres()
    const own = new URL(server.url)
    own.username = 'switchyard'
    own.pathname = '/switchyard'
    try {
      await expect(initialize(server.url, {})).rejects.toThrow('password')
      await initialize(server.url, { DATABASE_PASSWORD: "it's" })
      expect(await migrate(own.href)).toBeGreaterThan(0)
      const client = new pg.Client({ connectionString: own.href })
      await client.connect()
      const { rows } = await client.query(
        'select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user',
      )
      await client.end()
      expect(rows).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }])
    } finally {
      await server.remove()
    }
  })
})

const redisServer = tool('redis-server')
const redisCli = tool('redis-cli')

describe.skipIf(!redisServer || !redisCli)('the health check of Redis, on a real one', () => {
  test('notices a wrong password, which redis-cli itself calls a success', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-redis-'))
    const socket = join(folder, 'socket')
    const [, ...options] = services.redis!.command!
    const server = spawn(redisServer!, [...options, '--port', '0', '--unixsocket', socket, '--dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let said = ''
      for await (const chunk of server.stdout) {
        said += chunk
        if (/ready to accept connections/i.test(said)) break
      }
      // The command as it stands, by way of a redis-cli that knows where this server is.
      const shim = join(folder, 'redis-cli')
      writeFileSync(shim, `#!/bin/sh\nexec '${redisCli}' -s '${socket}' "$@"\n`)
      chmodSync(shim, 0o755)
      const [kind, command] = services.redis!.healthcheck!.test
      expect(kind).toBe('CMD-SHELL')
      const check = (password: string) =>
        run('/bin/sh', ['-c', command!], { env: { PATH: `${folder}:${dirname(redisCli!)}`, REDISCLI_AUTH: password } }).then(
          () => 'healthy',
          () => 'unhealthy',
        )
      expect(await check(services.redis!.environment!.REDISCLI_AUTH!)).toBe('healthy')
      expect(await check('wrong')).toBe('unhealthy')
    } finally {
      server.kill('SIGTERM')
      if (server.exitCode === null) await once(server, 'exit')
      rmSync(folder, { recursive: true })
    }
  })
})
