/** One call through any surface, its answer said in the same words whatever the surface calls it. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { McpError } from '@modelcontextprotocol/sdk/types.js'
import type { Json, Via } from '../../app/call.ts'
import type { Visitor } from './admin.ts'

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
  readonly words: 'mcp' | 'cmd' | 'rest' | 'admin'
  ask(wish: Wish): Promise<Answer>
}

type Result = Json & { content?: { text?: string }[]; structuredContent?: unknown; isError?: boolean; _meta?: Json }

/** @param client connected already */
export function mcpWay(name: string, via: Via, client: Client): Way {
  async function send({ kind, name, values = {} }: Wish): Promise<Answer> {
    if (kind === 'resource') return { value: (await client.readResource({ uri: name })).contents }
    if (kind === 'prompt')
      return { value: (await client.getPrompt({ name, arguments: values as Record<string, string> })).messages }
    const result = (await client.callTool({ name, arguments: values })) as Result
    if (!result.isError) return { value: result.structuredContent ?? result.content }
    const failure = result._meta?.['switchyard/error'] as { code: string } | undefined
    return { code: failure?.code ?? 'tool_error', message: result.content?.[0]?.text ?? '', said: 'isError' }
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
export function cmdWay(url: string, form: 'JSON-RPC' | 'simple'): Way {
  return {
    name: `/cmd, ${form} form`,
    via: 'cmd',
    words: 'cmd',
    async ask({ name, values = {} }) {
      const body = form === 'simple' ? { command: name, params: values } : { jsonrpc: '2.0', id: 1, method: name, params: values }
      const response = await post(`${url}/cmd`, body)
      const { result, error } = (await response.json()) as { result?: Outcome; error?: Outcome['error'] }
      return result ? answerOf(result, 'result') : answerOf({ success: false, error: error! }, 'error')
    },
  }
}

export function restWay(url: string): Way {
  return {
    name: 'REST',
    via: 'rest',
    words: 'rest',
    async ask({ name, values = {} }) {
      const response = await post(`${url}/api/commands/${name}`, values)
      return answerOf((await response.json()) as Outcome, `HTTP ${response.status}, code`)
    },
  }
}

/** @param visitor signed in already */
export function adminWay(visitor: Visitor): Way {
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

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
