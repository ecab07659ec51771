/**
 * The client that the suite starts, with the URL of a server that it watches. A Switchyard is put in between, and everything that it has from
 * there is listed, read and called, so that what the suite sees is how we behave towards servers behind us.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { type ClientRequest, ElicitRequestSchema, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { packageRoot } from '../../app/root.ts'
import { until } from '../until.ts'
import { firstPerson, type Person } from './person.ts'

type Json = Record<string, unknown>
interface Tool {
  name: string
  inputSchema: { properties?: Record<string, { type?: string }>; required?: string[] }
}

const prefix = 'suite_'
const url = process.argv.at(-1) ?? ''
/** Whether the server of the suite wants a sign-in. */
const isAuth = process.env.MCP_CONFORMANCE_SCENARIO?.startsWith('auth/') ?? false
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as {
  /** Calls that the scenario asks for; otherwise each tool is called once. */
  toolCalls?: { name: string; arguments: Json }[]
  client_id?: string
  client_secret?: string
}
const { toolCalls, client_id, client_secret } = context
const oauth = { client_id, client_secret, client_metadata_url: 'https://conformance-test.local/client-metadata.json' }

const home = await mkdtemp(join(tmpdir(), 'switchyard-client-'))
const config = join(home, 'switchyard.json')
await writeFile(config, JSON.stringify({ mcpServers: { suite: { url, prefix, ...(isAuth ? { oauth } : {}) } } }), { mode: 0o600 })

/** The SDK fills in what a form has for defaults. */
const client = new Client(
  { name: 'conformance', version: '1.0.0' },
  { capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} } },
)
client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }))

/** As it comes: the SDK's own methods would read and check it first. */
const ask = (method: string, params: Json = {}): Promise<Json> =>
  client.request({ method, params } as ClientRequest, ResultSchema) as Promise<Json>

/** What the suite's server answers to a call is its own affair: it may well be an error. */
const tried = (method: string, params: Json) =>
  ask(method, params).then(
    (answer) => console.error(method, JSON.stringify(params), JSON.stringify(answer)),
    (error: unknown) => console.error(method, JSON.stringify(params), String(error)),
  )

async function connected(): Promise<boolean> {
  const { structuredContent } = await ask('tools/call', { name: 'health', arguments: {} })
  const { components } = structuredContent as { components: Record<string, { status: string }> }
  return components['upstream:suite']?.status === 'ok'
}

/** Something of the right type for each argument that is required. */
const argumentsOf = ({ inputSchema: { properties = {}, required = [] } }: Tool, tools: readonly Tool[]): Json =>
  Object.fromEntries(
    required.map((name) => [name, name === 'schema' ? focus(tools) : samples[properties[name]?.type ?? 'string']]),
  )
const samples: Json = { string: 'text', number: 2, integer: 2, boolean: true, array: [], object: {} }

/** Null for a boolean is refused between here and there, as the tool's schema says; that an argument is left out can be seen all the same. */
const given = (values: Json): Json => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))

/** The schema that one scenario wants to have back as it was. */
const focus = (tools: readonly Tool[]) => tools.find(({ name }) => name === `${prefix}json_schema_2020_12_tool`)?.inputSchema

const flags = [
  '--transport',
  'stdio',
  ...(isAuth ? ['--admin-port', '0'] : ['--no-admin']),
  '--config',
  config,
  '--data-dir',
  home,
]
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [join(packageRoot, 'dist', 'main.js'), ...flags],
  env: { HOME: home, RATE_LIMIT_REQUESTS: '0' },
  stderr: 'pipe',
})
let said = ''
transport.stderr?.on('data', (text: Buffer) => {
  said += text
  process.stderr.write(text)
})

/** Somebody who has opened the link that the server prints at its first start. */
async function person(): Promise<Person> {
  const link = () => /http:\/\/\S+\/welcome#\S+/.exec(said)?.[0]
  await until('the link is printed', link)
  return firstPerson(link() ?? '')
}

async function callEverything(): Promise<void> {
  const { tools } = (await ask('tools/list')) as { tools: Tool[] }
  const theirs = tools.filter(({ name }) => name.startsWith(prefix))
  const calls = toolCalls
    ? toolCalls.map((call) => ({ name: prefix + call.name, arguments: given(call.arguments) }))
    : theirs.map((tool) => ({ name: tool.name, arguments: argumentsOf(tool, theirs) }))
  for (const call of calls) await tried('tools/call', call)

  const { resources } = (await ask('resources/list')) as { resources: { uri: string }[] }
  for (const { uri } of resources) await tried('resources/read', { uri })
  const { prompts } = (await ask('prompts/list')) as { prompts: { name: string }[] }
  for (const { name } of prompts) await tried('prompts/get', { name })
}

try {
  await client.connect(transport)
  if (isAuth) {
    const somebody = await person()
    if (await somebody.signIn('suite')) {
      await callEverything()
      // A call may have wanted more rights.
      if (await somebody.signIn('suite')) await callEverything()
    }
  } else {
    await until('the server of the suite is connected', connected)
    await callEverything()
  }
} finally {
  await client.close()
  await rm(home, { recursive: true, force: true })
}
