/** The command line, as the built program: what it prints on which stream, and how it ends. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { flagOptions } from '../app/config.ts'
import { everything, type Home, openHome } from './program.ts'
import { freePort } from './services/free-port.ts'
import { freshDatabase, withPostgres } from './services.ts'

// Each of these is a process or more, with a database in it, on a machine that others use too.
vi.setConfig({ testTimeout: 120_000 })

let home: Home
const run: Home['run'] = (...given) => home.run(...given)
beforeAll(async () => {
  home = await openHome()
})
afterAll(() => home.remove())

describe('help', () => {
  test('tells every verb and every flag, in lines of at most 100 characters, on stdout', async () => {
    const { code, stdout, stderr } = await run(['--help'])
    for (const verb of ['serve', 'check', 'call NAME [JSON]', 'config', 'migrate']) expect(stdout).toContain(`\n  ${verb} `)
    for (const flag of Object.keys(flagOptions)) expect(stdout).toContain(`  --${flag}`)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(stdout).toContain('(default 9090; MCP_PORT)')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test.each(['serve', 'check', 'call', 'commands', 'keys', 'explain', 'openapi', 'config', 'migrate'])(
    'of %s has examples of its own',
    async (verb) => {
      const { code, stdout } = await run([verb, '--help'])
      expect(stdout).toMatch(new RegExp(`Usage: switchyard ${verb}`))
      expect(stdout.split('Examples:')[1]).toContain(verb === 'serve' ? 'switchyard --config' : `switchyard ${verb}`)
      expect(code).toBe(0)
    },
  )

  test('is there for `help VERB` too, and --version prints the version alone', async () => {
    expect((await run(['help', 'migrate'])).stdout).toBe((await run(['migrate', '--help'])).stdout)
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('a wrong command line ends with 78, one sentence on stderr and nothing on stdout', () => {
  test.each([
    [['chekc'], 'unknown verb chekc: did you mean check?'],
    [['--prot', '9'], 'unknown flag --prot: did you mean --port?'],
    [['check', '--no-sever'], 'unknown flag --no-sever: did you mean --no-server?'],
    [['config', '--url', 'http://x'], '--url belongs to check: `switchyard config --help` lists the flags of config'],
    [['--port'], '--port needs a value'],
    [['call'], 'call needs NAME: `switchyard call --help` shows how'],
    [['migrate', 'now'], 'migrate takes no words, got now'],
  ])('%j', async (line, sentence) => {
    expect(await run(line)).toEqual({ code: 78, stdout: '', stderr: `${sentence}\n` })
  })

  test('a wrong value is named with every other problem', async () => {
    const { code, stdout, stderr } = await run(['config', '--port', '99999', '--log-level', 'loud'])
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    expect(stderr).toContain('server.port must be 0 to 65535, got 99999 (--port)')
    expect(stderr).toContain('logging.level must be debug, info, warn or error, got loud (--log-level)')
  })
})

describe('config', () => {
  const env = {
    DATABASE_URL: 'postgres://me:hush-database@db/x',
    SECRET_KEY: 'hush-0123456789-abcdefghijklmnopTq5Xw8Kd2Nf7',
    MCP_PROT: '1',
  }
  const file = { mcpServers: { files: { command: 'npx', args: ['--api-key', 'hush-argument'], env: { TOKEN: 'hush-env' } } } }

  test('shows each value with its origin and no secret; warnings are on stderr', async () => {
    const { code, stdout, stderr } = await run(['config', '--port', '8080'], { env, file })
    expect(stdout).toMatch(/^server\.port +8080 +--port$/m)
    expect(stdout).toMatch(/^server\.admin_port +9091 +default$/m)
    expect(stdout).toMatch(/^database\.url +postgres:\/\/me:\*+@db\/x +DATABASE_URL$/m)
    expect(stdout).toMatch(/^upstreams\.files +.*npx.* +file switchyard\.json$/m)
    expect(stdout).not.toContain('hush')
    expect(stderr).toMatch(/^warning: MCP_PROT .*MCP_PORT/)
    expect(code).toBe(0)
  })

  test('of a flag that is given twice the last one counts, so that a script can be overruled', async () => {
    const { stdout } = await run(['config', '--port', '8080', '--admin', '--port', '8081', '--no-admin'])
    expect(stdout).toMatch(/^server\.port +8081 +--port$/m)
    expect(stdout).toMatch(/^server\.admin +false +--no-admin$/m)
  })

  test('--json is for programs, and masked as well', async () => {
    const { stdout } = await run(['config', '--json'], { env, file })
    expect(JSON.parse(stdout)).toContainEqual({ key: 'server.port', value: 9090, origin: 'default' })
    expect(stdout).not.toContain('hush')
  })
})

describe('migrate', () => {
  withPostgres()('makes the tables of an empty database, and the second time finds them made', async () => {
    const database = await freshDatabase()
    try {
      const env = { DATABASE_URL: database.url }
      const first = await run(['migrate'], { env })
      expect(first).toMatchObject({ code: 0, stderr: '' })
      expect(first.stdout).toMatch(/: \d+ migrations? applied\n$/)
      expect((await run(['migrate'], { env })).stdout).toMatch(/: was up to date already\n$/)
    } finally {
      await database.drop()
    }
  })

  test('says in one line why it could not, without the password', async () => {
    const port = await freePort()
    const { code, stdout, stderr } = await run(['migrate'], { env: { DATABASE_URL: `postgres://me:hush@127.0.0.1:${port}/x` } })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      `postgres://me:******@127.0.0.1:${port}/x (DATABASE_URL) could not be migrated: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    )
  })

  test('opens the embedded database where there is no other', async () => {
    const { code, stdout } = await run(['migrate'])
    expect(stdout).toBe(`embedded database in ${join(home.path, 'data')}: up to date (DATABASE_URL is not set)\n`)
    expect(code).toBe(0)
  })
})

describe('call', () => {
  const file = { mcpServers: { everything } }

  test('prints the text of the answer on stdout, and nothing else anywhere', async () => {
    expect(await run(['call', 'echo', '{"message":"hi"}'])).toEqual({ code: 0, stdout: '{"message":"hi"}\n', stderr: '' })
  })

  test('runs the tool of an upstream that nothing was known of, with arguments from stdin', async () => {
    const ran = await run(['call', 'everything_get-sum', '-'], { file, input: '{"a": 2, "b": 3}' })
    expect(ran).toEqual({ code: 0, stdout: 'The sum of 2 and 3 is 5.\n', stderr: '' })
  })

  test('names on stderr what a terminal cannot show; --json has it', async () => {
    const { stdout, stderr } = await run(['call', 'everything_get-tiny-image'], { file })
    expect(stdout).toContain('MCP logo')
    expect(stderr).toMatch(/^not shown: image \(image\/png, \d+ bytes\); --json prints it\n$/)
    const { content } = JSON.parse((await run(['call', 'everything_get-tiny-image', '--json'], { file })).stdout)
    expect(content).toContainEqual(expect.objectContaining({ type: 'image', mimeType: 'image/png' }))
  })

  test('an answer that is an error goes to stderr and ends with 1', async () => {
    const ran = await run(['call', 'everything_get-resource-reference', '{"resourceType":"Text","resourceId":-1}'], { file })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain('resourceId')
  })

  test.each([
    [['call', 'ekho'], 'unknown tool ekho: did you mean echo?'],
    [['call', 'nothing-like-it'], 'unknown tool nothing-like-it: `switchyard call help` lists what there is'],
    [['call', 'echo', '[1]'], 'the arguments must be a JSON object such as {"message": "hi"}, got a list'],
    [['call', 'echo', '{message: 1}'], /^the arguments are no JSON: .*quoted for the shell$/],
    [['call', 'echo', '{}'], /^echo: .*message/],
  ])('%j says what is wrong and ends with 1', async (line, sentence) => {
    const { code, stdout, stderr } = await run(line)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd()).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence))
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test('says why the upstream that the tool belongs to cannot be reached', async () => {
    const port = await freePort()
    const { code, stderr } = await run(['call', 'docs_search'], {
      file: { mcpServers: { docs: { url: `http://127.0.0.1:${port}/mcp` } } },
    })
    expect(stderr).toContain(`unknown tool docs_search: the upstream docs does not say which tools it has`)
    expect(stderr).toContain(`ECONNREFUSED 127.0.0.1:${port}`)
    expect(code).toBe(1)
  })

  test('is recorded as a call over the command line', async () => {
    await run(['call', 'echo', '{"message":"recorded"}'])
    const { stdout } = await run(['call', 'executions', '{"name":"echo"}'])
    expect(stdout).toContain('"via":"cli"')
    expect(stdout).toContain('recorded')
  })

  test('a Ctrl-C ends the call with 130', async () => {
    const line = ['call', 'everything_trigger-long-running-operation', '{"duration":600,"steps":2}', '--log-level', 'debug']
    const { code, stdout } = await run(line, { file, interruptAt: 'upstream connected' })
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  })
})

describe('commands validate', () => {
  const write = async (text: string) => {
    const folder = join(home.path, 'checked')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'sums.ts'), text)
    return folder
  }
  const incomplete = `console.log('printed while loading')
    export default { name: 'sum_values', description: 'Adds', returns: 'The sum', run: ({ a, b }) => a + b, params: {
      a: { type: 'integer', description: 'One', required: true }, b: { type: 'integer', required: true } } }`
  const sentence = "parameter 'b' has no description"

  test('ends with 1 and says what is missing in which file; no database is opened', async () => {
    const folder = await write(incomplete)
    const { code, stdout } = await run(['commands', 'validate', '--commands', folder], {
      env: { DATABASE_URL: 'postgres://no@127.0.0.1:1/no' },
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^failed +sum_values +sums\.ts\n +parameter 'b' has no description\n\n1 in all, 0 fine, 1 failed\n$/)
  })

  test('prints the report alone on stdout with --json, whatever the files print', async () => {
    const folder = await write(incomplete)
    const { code, stdout, stderr } = await run(['commands', 'validate', '--json', '--commands', folder])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      ...{ total: 1, successful: 0, failed: 1, errors: { sum_values: [sentence] } },
      ...{ warnings: {}, fixed: {}, files: { sum_values: 'sums.ts' } },
    })
    expect(stderr).toContain('printed while loading')
  })

  test('follows the settings, and --strict does not', async () => {
    const line = ['commands', 'validate', '--json', '--commands', await write(incomplete)]
    const lenient = await run(line, { env: { APP_STRICT_MODE: 'false' } })
    expect(lenient.code).toBe(0)
    expect(JSON.parse(lenient.stdout)).toMatchObject({ successful: 1, warnings: { sum_values: [sentence] } })
    const fixing = { MCP_COMMANDS_AUTO_FIX: 'true' }
    const fixed = await run(line, { env: fixing })
    expect(JSON.parse(fixed.stdout)).toMatchObject({
      failed: 0,
      fixed: { sum_values: [expect.stringContaining('"Parameter b"')] },
    })
    expect((await run([...line, '--strict'], { env: { ...fixing, APP_STRICT_MODE: 'false' } })).code).toBe(1)
  })

  test('shows its help without a word, and says what it lacks without a folder', async () => {
    expect((await run(['commands'])).stdout).toContain('Usage: switchyard commands [validate]')
    expect(await run(['commands', 'validate'])).toMatchObject({ code: 78, stderr: expect.stringContaining('--commands DIR') })
  })
})

describe('openapi', () => {
  test('prints the document, joined with what could be read; the rest is said on stderr', async () => {
    const shop = { openapi: '3.0.0', info: { title: 'S', version: '1' }, paths: { '/x': { get: { responses: {} } } } }
    const old = join(home.path, 'old.json')
    await writeFile(join(home.path, 'shop.json'), JSON.stringify(shop))
    await writeFile(old, JSON.stringify({ swagger: '2.0', paths: {} }))
    const line = ['openapi', '--merge', 'shop=shop.json', `old=${old}`, '--merge=gone=http://127.0.0.1:1/x.json']
    const { code, stdout, stderr } = await run(line)
    expect(code).toBe(0)
    expect(Object.keys(JSON.parse(stdout).paths)).toEqual(expect.arrayContaining(['/cmd', '/api/commands/echo', '/shop/x']))
    expect(stderr).toMatch(/^old .* was not joined: it is Swagger 2.0/m)
    expect(stderr).toMatch(/^gone .* was not joined: /m)
    expect(await run(['openapi', '--merge', `old=${old}`])).toMatchObject({ code: 1, stdout: expect.stringContaining('"/cmd"') })
    expect((await run(['openapi', '--merge', 'nothing'])).code).toBe(78)
  })

  test('--tools prints the tools for proxies', async () => {
    const { code, stdout } = await run(['openapi', '--tools'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).tools).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'mcp_echo' })]))
  })
})
