/** What a 1C base does with one JSON-RPC message, by whatever it came: both generations of its handler, with the quirks of each. */
import type { Json } from '../../app/call.ts'
import { isObject } from '../../app/is-object.ts'

export interface OnecSpec {
  /** Of its handler: `old` answers every failure with -32603 and the whole stack. */
  generation: 'old' | 'new'
  tools: unknown
  resources: unknown
  prompts: unknown
  /** Results of `tools/call`, `resources/read` and `prompts/get` by name or URI; one that throws is an exception inside of the base. */
  results: Record<string, (values: Json) => unknown>
  /** Tools that a user has a right to; everything where nothing is said. */
  rights: Record<string, readonly string[]>
  instructions?: string
  /** Methods that it does not know. */
  lacks: readonly string[]
  /** Pages of `tools/list` of so many entries. */
  page?: number
}

export interface Asked {
  readonly method: string
  readonly params: Json
  readonly message: Json
  readonly user: string
}

export const orders: Json = {
  name: 'list_orders',
  description: 'Заказы покупателей',
  inputSchema: { type: 'object', properties: { limit: { type: 'number' } }, required: [] },
}

export const plainSpec = (): OnecSpec => ({
  generation: 'new',
  tools: [orders, { name: 'list_metadata_objects', description: 'Metadata', inputSchema: {} }],
  resources: [{ uri: 'metadata://catalogs', name: 'Catalogs', description: 'All catalogs' }],
  prompts: [{ name: 'review', description: 'Review', arguments: [{ name: 'x', description: 'x', required: true }] }],
  results: {
    list_orders: ({ limit = 3 }) => ({ content: [{ type: 'text', text: `${limit} rows` }], isError: false }),
    list_metadata_objects: () => ({ content: [{ type: 'text', text: 'Справочники' }], isError: false }),
    'metadata://catalogs': () => ({
      contents: [{ type: 'text', uri: 'metadata://catalogs', mimeType: 'text/plain', text: 'Контрагенты' }],
    }),
    review: ({ x }) => ({ description: 'd', messages: [{ role: 'user', content: { type: 'text', text: `look at ${x}` } }] }),
  },
  rights: {},
  lacks: [],
})

export const stack = (text: string) =>
  `{ОбщийМодуль.mcp_ОбработкаЗапросов.Модуль(123)}: ${text}\n\tВызватьИсключение ТекстОшибки;\n{HTTPСервис.mcp_APIBackend.Модуль(45)}:\tОтвет = Обработать(Запрос);\n\nпо причине:\n{CommonModule.Sales.Module(7,3)}: Деление на 0\n\tИтог = Сумма / Количество;\n\n[ОшибкаВоВремяВыполненияВстроенногоЯзыка]`

class Unknown extends Error {}

/** @returns undefined for a notification */
export function dispatch(spec: OnecSpec, message: unknown, user: string, seen: Asked[]): Json | undefined {
  if (!isObject(message) || message.jsonrpc !== '2.0' || typeof message.method !== 'string')
    return { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid Request' } }
  const { id, method } = message
  if (!isObject(message.params)) return { jsonrpc: '2.0', id, error: { code: -32603, message: 'params must be an object' } }
  const { params } = message
  seen.push({ method, params, message, user })
  if (id === undefined) return undefined
  const fail = (code: number, text: string): Json => ({
    jsonrpc: '2.0',
    id,
    error: {
      code: spec.generation === 'old' && code !== -32601 ? -32603 : code,
      message: spec.generation === 'old' ? stack(text) : text,
    },
  })
  if (spec.lacks.includes(method)) return fail(-32601, `Метод не найден: ${method}`)
  try {
    const result = answer(spec, method, params, user)
    return result === undefined ? fail(-32601, `Метод не найден: ${method}`) : { jsonrpc: '2.0', id, result }
  } catch (error) {
    const { message: text } = error as Error
    if (error instanceof Unknown) return fail(method === 'resources/read' ? -32002 : -32602, text)
    if (spec.generation === 'new' && method === 'tools/call')
      return { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: stack(text) }], isError: true } }
    return fail(-32603, text)
  }
}

function answer(spec: OnecSpec, method: string, params: Json, user: string): unknown {
  const allowed = spec.rights[user]
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-03-26',
        capabilities: { tools: { listChanged: false, call: true }, resources: {}, prompts: {} },
        serverInfo: { name: '1C MCP Server', version: '1.0.0' },
        ...(spec.instructions === undefined ? {} : { instructions: spec.instructions }),
      }
    case 'tools/list': {
      if (!Array.isArray(spec.tools)) return spec.tools
      const tools = spec.tools.filter((tool) => !allowed || allowed.includes(tool.name))
      if (!spec.page) return { tools }
      const from = Number(params.cursor ?? 0)
      const next = from + spec.page
      return { tools: tools.slice(from, next), ...(next < tools.length ? { nextCursor: String(next) } : {}) }
    }
    case 'resources/list':
      return Array.isArray(spec.resources) ? { resources: spec.resources } : spec.resources
    case 'prompts/list':
      return Array.isArray(spec.prompts) ? { prompts: spec.prompts } : spec.prompts
    case 'tools/call':
    case 'prompts/get':
    case 'resources/read': {
      const name = String(params.name ?? params.uri)
      const run = spec.results[name]
      if (!run || (method === 'tools/call' && allowed && !allowed.includes(name))) throw new Unknown(`Не найдено: ${name}`)
      return run((params.arguments ?? {}) as Json)
    }
    default:
      return undefined
  }
}
