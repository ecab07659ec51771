/** One call through any surface, its answer said in the same words whatever the surface calls it. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { McpError } from '@modelcontextprotocol/sdk/types.js'
import type { Json, Via } from '../../app/call.ts'
import type { Ran } from '../program.ts'
import type { Visitor } from './admin.ts'
import { askModern, modern, modernCall } from './modern.ts'

export interface Wish {
  readonly kind: 'tool' | 'resource' | 'prompt'
  readonly name: string
  readonly values?: Json
}

export interface Answer {
  /** What came back; the structured part of a tool's result, where it has one. */
  readonly value?: unknown
  /** The stable code of what went wrong, where the surface tells it. */
  readonly code?: string | undefined
  readonly message?: string
  /** How this surface says that something went wrong: a number of its protocol, or where the error stands. */
  readonly said?: string
}

export interface Way {
  readonly name: string
  readonly via: Via
  /** Which column of the table says how this surface words a refusal. */
  readonly words: 'mcp' | 'modern' | 'cmd' | 'rest' | 'admin' | 'cli'
  ask(wish: Wish): Promise<Answer>
}

type Result = Json & { content?: { text?: string }[]; structuredContent?: unknown; isError?: boolean; _meta?: Json }

/** @param client connected already */
export function mcpWay(name: string, via: Via, client: Client): Way {
  async function send({ kind, name, values = {} }: Wish): Promise<Answer> {
    if (kind === 'resource') return { value: (await client.readResource({ uri: name })).contents }
    if (kind === 'prompt')
      return { value: (await client.getPrompt({ name, arguments: values as Record<string, string> })).messages }
    return answerIn((await client.callTool({ name, arguments: values })) as Result)
  }

  return {
    name,
    via,
    words: 'mcp',
    async ask(wish) {
      try {
        return await send(wish)
      } catch (error) {
        if (!(error instanceof McpError)) throw error
        const { code } = error.data as { code: string }
        return { code, message: error.message.replace(/^MCP error -\d+: /, ''), said: `error ${error.code}` }
      }
    },
  }
}

function answerIn({ isError, structuredContent, content, _meta }: Result): Answer {
  if (!isError) return { value: structuredContent ?? content }
  const failure = _meta?.['switchyard/error'] as { code: string } | undefined
  return { code: failure?.code ?? 'tool_error', message: content?.[0]?.text ?? '', said: 'isError' }
}

/** Without a session: 2026-07-28 over Streamable HTTP. @param headers with the credential, where there is one; here and below */
export function modernWay(url: string, headers: Record<string, string> = {}): Way {
  const messageFor = ({ kind, name, values = {} }: Wish) => {
    if (kind === 'resource') return modern('resources/read', { uri: name })
    return kind === 'prompt' ? modern('prompts/get', { name, arguments: values }) : modernCall(name, values)
  }
  return {
    name: 'HTTP without a session',
    via: 'http',
    words: 'modern',
    async ask(wish) {
      const { error, result } = (await askModern(url, messageFor(wish), headers)).answer
      if (error) {
        const { code, message, data } = error as { code: number; message: string; data: { code: string } }
        return { code: data.code, message, said: `error ${code}` }
      }
      const { contents, messages } = result as Json
      return contents || messages ? { value: contents ?? messages } : answerIn(result as Result)
    },
  }
}

/** @param run of the program on the system's data directory */
export function cliWay(run: (args: readonly string[]) => Promise<Ran>): Way {
  return {
    name: 'the command line',
    via: 'cli',
    words: 'cli',
    async ask({ name, values = {} }) {
      const { code, stdout, stderr } = await run(['call', name, JSON.stringify(values), '--json'])
      return stdout === '' ? { message: stderr.trim(), said: `exit ${code}` } : answerIn(JSON.parse(stdout) as Result)
    },
  }
}

interface Outcome {
  success: boolean
  data?: { content?: unknown }
  error?: { code: number; message: string; data: { code?: string } }
}

const answerOf = ({ success, data, error }: Outcome, said: string): Answer =>
  success
    ? { value: data?.content ?? data }
    : { code: error?.data.code ?? 'tool_error', message: error?.message ?? '', said: `${said} ${error?.code ?? ''}`.trim() }

/** @param form which of the two forms of a request on /cmd is used */
export function cmdWay(url: string, form: 'JSON-RPC' | 'simple', headers: Record<string, string> = {}): Way {
  return {
    name: `/cmd, ${form} form`,
    via: 'cmd',
    words: 'cmd',
    async ask({ name, values = {} }) {
      const body = form === 'simple' ? { command: name, params: values } : { jsonrpc: '2.0', id: 1, method: name, params: values }
      const response = await post(`${url}/cmd`, body, headers)
      const { result, error } = (await response.json()) as { result?: Outcome; error?: Outcome['error'] }
      return result ? answerOf(result, 'result') : answerOf({ success: false, error: error! }, 'error')
    },
  }
}

export function restWay(url: string, headers: Record<string, string> = {}): Way {
  return {
    name: 'REST',
    via: 'rest',
    words: 'rest',
    async ask({ name, values = {} }) {
      const response = await post(`${url}/api/commands/${name}`, values, headers)
      return answerOf((await response.json()) as Outcome, `HTTP ${response.status}, code`)
    },
  }
}

/** @param visitor signed in already, or with a token */
export function adminWay(visitor: Pick<Visitor, 'post'>): Way {
  return {
    name: 'the admin API',
    via: 'admin',
    words: 'admin',
    async ask({ name, values = {} }) {
      const response = await visitor.post('tools/execute', { tool_name: name, parameters: values })
      const body = (await response.json()) as Json
      if (!response.ok) {
        const { code, message } = body.error as { code: string; message: string }
        return { message, said: `HTTP ${response.status} ${code}` }
      }
      if (body.success) {
        const { structuredContent, content } = body.result as Result
        return { value: structuredContent ?? content }
      }
      return { code: String(body.error_code), message: String(body.error), said: 'success false' }
    },
  }
}

const post = (url: string, body: unknown, headers: Record<string, string>) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
