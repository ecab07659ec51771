/** A question, and how it goes over the wire in each era of MCP: after a handshake, or with everything that the server has to know in itself. */

export interface Question {
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** What is the same each time that a question is asked. */
export interface Wording {
  /** What stands in the JSON-RPC request after its id. */
  readonly text: string
  /** Whole lines for the head of an HTTP request. */
  readonly headers: string
}

export interface Era {
  /** Whether a client shakes hands before it asks. */
  readonly handshake: boolean
  /** What stands in every result; a server that takes the question for one of another era does not write it. */
  readonly mark: string
  /** Made once for each question: to write it anew would keep the clients busy, and the servers waiting. */
  word(question: Question): Wording
}

const clientInfo = { name: 'bench', version: '1' }

export const handshake: Question = {
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
}
export const initialized = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

/** 2024-11-05 to 2025-11-25: what the handshake has settled goes without saying. */
export const sessionEra: Era = {
  handshake: true,
  mark: '"result":',
  word: once(({ method, params }) => ({ text: textOf(method, params), headers: '' })),
}

const newVersion = '2026-07-28'
const meta = {
  'io.modelcontextprotocol/protocolVersion': newVersion,
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** 2026-07-28: no session. Every request says who asks, and over HTTP its head repeats what a proxy wants to know. */
export const newEra: Era = {
  handshake: false,
  mark: '"resultType":"complete"',
  word: once(({ method, params }) => {
    const name = params?.name === undefined ? '' : `Mcp-Name: ${params.name}\r\n`
    return {
      text: textOf(method, { ...params, _meta: meta }),
      headers: `MCP-Protocol-Version: ${newVersion}\r\nMcp-Method: ${method}\r\n${name}`,
    }
  }),
}

const textOf = (method: string, params: Question['params']): string => JSON.stringify({ method, params }).slice(1, -1)

function once(word: Era['word']): Era['word'] {
  const made = new Map<Question, Wording>()
  return function remembered(question) {
    const before = made.get(question)
    if (before) return before
    const wording = word(question)
    made.set(question, wording)
    return wording
  }
}

let asked = 0

/** A number that nobody has asked under before: a gateway may give the answers of one client to all of them. */
export const nextId = (): number => ++asked

export const numbered = (id: number, { text }: Wording): string => `{"jsonrpc":"2.0","id":${id},${text}}`
