/** The command line of the MCP Inspector: one process for each request. VARIANT is `legacy` or `auto`. */
import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../../app/root.ts'
import { roots } from './answers.ts'
import { environment } from './child.ts'
import type { Client, Contents, ToolResult, Way } from './client.ts'
import { drive } from './drive.ts'
import type { Lacks } from './steps.ts'

const program = join(packageRoot, 'test', 'peers', 'node_modules', '@modelcontextprotocol', 'inspector', 'clients', 'launcher')
/** What it exits with when a tool has answered with an error; the answer is printed all the same. */
const toolError = 5
const types: Partial<Record<Way['transport'], string>> = { sse: 'sse', http: 'streamable-http' }

async function connect(way: Way, variant: string): Promise<Client> {
  const config = await configOf(way)
  const ask = <Result>(method: string, ...options: string[]) => run<Result>(config, variant, ['--method', method, ...options])
  const { protocolVersion } = await ask<{ protocolVersion: string }>('initialize')
  return {
    version: protocolVersion,
    listTools: async () => (await ask<{ tools: Awaited<ReturnType<Client['listTools']>> }>('tools/list')).tools,
    call: (name, values = {}) => ask<ToolResult>('tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(values)),
    listResources: async () => (await ask<{ resources: { uri: string; name: string }[] }>('resources/list')).resources,
    listTemplates: async () =>
      (await ask<{ resourceTemplates: { uriTemplate: string }[] }>('resources/templates/list')).resourceTemplates,
    read: async (uri) => (await ask<{ contents: Contents[] }>('resources/read', '--uri', uri)).contents,
    listPrompts: async () => (await ask<{ prompts: { name: string }[] }>('prompts/list')).prompts,
    getPrompt: async (name, values) => {
      const pairs = Object.entries(values).map(([key, value]) => `${key}=${value}`)
      const given = pairs.length ? ['--prompt-args', ...pairs] : []
      return (await ask<{ messages: { role: string; content: unknown }[] }>('prompts/get', '--prompt-name', name, ...given))
        .messages
    },
    // Every request has closed its own connection: this is one more that only connects.
    close: async () => void (await ask('initialize')),
  }
}

/** The file in which a user of the Inspector describes a server; the folders that it tells a server about have no other place. */
async function configOf({ transport, address }: Way): Promise<string> {
  const [first = '', ...rest] = address
  const server = transport === 'stdio' ? { command: first, args: rest } : { type: types[transport], url: first }
  const file = join(await mkdtemp(join(tmpdir(), 'inspector-')), 'mcp.json')
  await writeFile(file, JSON.stringify({ mcpServers: { switchyard: { ...server, roots } } }))
  return file
}

function run<Result>(config: string, variant: string, options: readonly string[]): Promise<Result> {
  const server = ['--config', config, '--server', 'switchyard', '--protocol-era', variant]
  const args = [join(program, 'build', 'index.js'), '--cli', ...server, '--format', 'json', '--quiet', ...options]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: environment, maxBuffer: 2 ** 25 }, (error, stdout, stderr) => {
      if (error && error.code !== toolError) reject(new Error(stderr || error.message))
      else resolve((JSON.parse(stdout) as { result: Result }).result)
    })
  })
}

function lacks(): Lacks {
  const oneRequest = 'it makes one request and ends'
  const notDeclared = 'its command line declares roots alone'
  return {
    progress: 'its command line asks for no progress',
    'upstream progress': 'its command line asks for no progress',
    completion: 'its command line has no completion',
    'completion from other arguments': 'its command line has no completion',
    'changed list': oneRequest,
    'changed resource': oneRequest,
    'log messages': 'its command line prints no log messages',
    elicitation: notDeclared,
    'upstream elicitation': notDeclared,
    sampling: notDeclared,
    'upstream sampling': notDeclared,
    'cancelled call': oneRequest,
    ping: 'its command line has no ping',
  }
}

await drive({ connect, lacks })
