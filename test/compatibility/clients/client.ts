/** What the steps ask of a client, in one language for all of them; a driver says it in the words of its client. */

export type Transport = 'stdio' | 'sse' | 'http' | 'websocket'

/** The way to the server: a URL, or for stdio the command that starts it. */
export interface Way {
  readonly transport: Transport
  readonly address: readonly string[]
}

export interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text?: string }[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}

export interface CallOptions {
  readonly onProgress?: (progress: { progress: number; total?: number; message?: string }) => void
  readonly signal?: AbortSignal
}

export interface Contents {
  readonly uri: string
  readonly mimeType?: string
  readonly text?: string
  readonly blob?: string
}

export type Reference = { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }

/** Connected. What a client has no word for is left out, and its driver tells the reason. */
export interface Client {
  /** The revision of MCP that is spoken. */
  readonly version: string
  listTools(): Promise<readonly { name: string; description?: string; inputSchema: unknown }[]>
  call(name: string, values?: Record<string, unknown>, options?: CallOptions): Promise<ToolResult>
  listResources?(): Promise<readonly { uri: string; name?: string; mimeType?: string }[]>
  listTemplates?(): Promise<readonly { uriTemplate: string }[]>
  read?(uri: string): Promise<readonly Contents[]>
  listPrompts?(): Promise<readonly { name: string; arguments?: readonly { name: string; required?: boolean }[] }[]>
  getPrompt?(name: string, values: Record<string, string>): Promise<readonly { role: string; content: unknown }[]>
  complete?(reference: Reference, name: string, value: string, others?: Record<string, string>): Promise<readonly string[]>
  /** Calls back whenever the server says that its tools have changed. */
  onToolsChanged?(listener: () => void): Promise<void>
  /** Calls back whenever the server says that this resource has changed. @returns what ends it */
  watch?(uri: string, listener: () => void): Promise<() => Promise<void>>
  /** Calls back with every log message of calls from now on, of this level and above. */
  hear?(level: string, listener: (level: string, data: unknown) => void): Promise<void>
  ping?(): Promise<void>
  close(): Promise<void>
}
