/** deploy/start.sh, run for real in a checkout of its own, with a docker that only writes down what it was asked. */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tool } from './tool.ts'

const shipped = fileURLToPath(new URL('../deploy/', import.meta.url))
const secrets = ['SECRET_KEY', 'POSTGRES_PASSWORD', 'DATABASE_PASSWORD', 'REDIS_PASSWORD']
const shellcheck = tool('shellcheck')
const bash = tool('bash')!

let checkout: string
/** The only folder on the script's PATH: a machine that has what this test gives it, and nothing else. */
let bin: string

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'switchyard-start-'))
  bin = join(checkout, 'bin')
  mkdirSync(bin)
  mkdirSync(join(checkout, 'deploy'))
  for (const file of ['start.sh', '.env.example']) copyFileSync(join(shipped, file), join(checkout, 'deploy', file))
  for (const name of ['bash', 'cat', 'dirname', 'grep', 'mktemp', 'mv', 'od', 'rm', 'tr'])
    symlinkSync(tool(name)!, join(bin, name))
})
afterEach(() => rmSync(checkout, { recursive: true }))

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** Starts the script from a folder that is not its own. */
const start = (...words: string[]) =>
  new Promise<Outcome>((resolve) => {
    execFile(
      bash,
      [join(checkout, 'deploy', 'start.sh'), ...words],
      { cwd: tmpdir(), env: { PATH: bin } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })

function install(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!${bash}\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
}

/** A docker that works, and notes each use with the folder it was used in. */
function installDocker(extra = ''): () => string[] {
  const notes = join(checkout, 'notes')
  writeFileSync(notes, '')
  install('docker', `printf '%s: %s\\n' "\${PWD##*/}" "$*" >>'${notes}'\n${extra}`)
  return () =>
    readFileSync(notes, 'utf8')
      .split('\n')
      .filter((line) => line && !/: (info|compose version)$/.test(line))
}

const readEnv = () => parseEnv(readFileSync(join(checkout, 'deploy', '.env'), 'utf8')) as Record<string, string>

test.skipIf(!shellcheck)('shellcheck has nothing to say', async () => {
  const said = await new Promise((resolve) => execFile(shellcheck!, [join(shipped, 'start.sh')], (_, stdout) => resolve(stdout)))
  expect(said).toBe('')
})

test('--help explains both modes and every flag', async () => {
  const { code, stdout } = await start('--help')
  expect(code).toBe(0)
  for (const word of ['dev', 'prod', '--build', '--clean']) expect(stdout).toContain(word)
})

test.each([
  [['production'], 'unknown mode production: there are dev and prod'],
  [['prod', '--biuld'], 'unknown flag --biuld: there are --build and --clean'],
  [['dev', 'prod'], 'one mode at a time: dev or prod'],
  [['dev', '--clean'], '--build and --clean belong to prod'],
  [[], 'say which: dev or prod'],
])('a wrong command line %j is answered with a sentence and exit code 2', async (words, sentence) => {
  const { code, stdout, stderr } = await start(...words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(sentence)
})

test('prod without docker says so and makes nothing', async () => {
  const { code, stderr } = await start('prod')
  expect(code).toBe(1)
  expect(stderr).toContain('docker was not found')
  expect(readdirSync(join(checkout, 'deploy'))).not.toContain('.env')
})

test('prod with a daemon that does not answer says so', async () => {
  install('docker', '[[ $1 != info ]]')
  const { code, stderr } = await start('prod')
  expect(code).toBe(1)
  expect(stderr).toContain('the Docker daemon does not answer')
})

test('prod makes .env with fresh secrets that only its owner can read', async () => {
  installDocker()
  expect((await start('prod')).code).toBe(0)
  const values = readEnv()
  for (const name of secrets) expect(values[name]).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(secrets.map((name) => values[name])).size).toBe(secrets.length)
  expect(values.BIND_ADDRESS).toBe('127.0.0.1')
  expect(statSync(join(checkout, 'deploy', '.env')).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(checkout, 'deploy')).sort()).toEqual(['.env', '.env.example', 'start.sh'])
})

test('prod keeps what stands in .env and fills in only what is empty', async () => {
  installDocker()
  writeFileSync(join(checkout, 'deploy', '.env'), '# mine\nSECRET_KEY=\nDATABASE_PASSWORD=kept\nLOG_LEVEL=debug')
  expect((await start('prod')).code).toBe(0)
  expect(readEnv()).toEqual({
    SECRET_KEY: expect.stringMatching(/^[0-9a-f]{64}$/),
    DATABASE_PASSWORD: 'kept',
    LOG_LEVEL: 'debug',
  })
  const after = readFileSync(join(checkout, 'deploy', '.env'), 'utf8')
  expect((await start('prod')).code).toBe(0)
  expect(readFileSync(join(checkout, 'deploy', '.env'), 'utf8')).toBe(after)
})

test('prod starts everything, waits until it is healthy, and tells where it is and how to sign in', async () => {
  const uses = installDocker()
  const { code, stdout } = await start('prod')
  expect(code).toBe(0)
  expect(uses()).toEqual(['deploy: compose up --detach --wait --wait-timeout 180'])
  for (const said of [
    'http://localhost:9090/mcp',
    'http://localhost:9090/sse',
    'http://localhost:9091/',
    'compose logs switchyard',
  ]) {
    expect(stdout).toContain(said)
  }
})

test('--clean removes containers and orphans but no volume, and --build builds', async () => {
  const uses = installDocker()
  expect((await start('prod', '--clean', '--build')).code).toBe(0)
  expect(uses()).toEqual([
    'deploy: compose down --remove-orphans',
    'deploy: compose up --detach --wait --wait-timeout 180 --build',
  ])
})

test('prod fails when something does not become healthy, and shows the state', async () => {
  const uses = installDocker('[[ $* != compose\\ up* ]]')
  const { code, stdout, stderr } = await start('prod')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('not everything became healthy')
  expect(uses()).toContain('deploy: compose ps --all')
})

test('prod takes docker-compose where docker has no compose, if it is new enough', async () => {
  const uses = installDocker('[[ $1 != compose ]]')
  install('docker-compose', 'echo 1.29.2')
  const old = await start('prod')
  expect(old.code).toBe(1)
  expect(old.stderr).toContain('Docker Compose 2 or newer was not found')
  install(
    'docker-compose',
    `[[ $1 == version ]] && echo v2.40.0 || printf 'standalone %s\\n' "$*" >>'${join(checkout, 'notes')}'`,
  )
  expect((await start('prod')).code).toBe(0)
  expect(uses()).toEqual(['standalone up --detach --wait --wait-timeout 180'])
})

test('dev installs once and runs the server from source, in the root of the checkout', async () => {
  const notes = join(checkout, 'notes')
  symlinkSync(process.execPath, join(bin, 'node'))
  install('npm', `printf '%s: %s\\n' "$PWD" "$*" >>'${notes}'`)
  expect((await start('dev')).code).toBe(0)
  mkdirSync(join(checkout, 'node_modules'))
  expect((await start('dev')).code).toBe(0)
  expect(readFileSync(notes, 'utf8').split('\n')).toEqual([`${checkout}: ci`, `${checkout}: run dev`, `${checkout}: run dev`, ''])
})

test.each([
  ['without node', undefined, 'node was not found'],
  ['with Node 18', '[[ $1 == --version ]] && echo v18.20.4', 'Node v18.20.4 is too old: 20.19 or newer is needed'],
])('dev %s says what is needed', async (_, node, sentence) => {
  if (node) install('node', node)
  const { code, stderr } = await start('dev')
  expect(code).toBe(1)
  expect(stderr).toContain(sentence)
})
