/** The kinds of upstreams: after adding a file here, add it to this list. */
import type { Context, Entry } from './entry.ts'
import { type JsonrpcConfig, jsonrpcMembers, readJsonrpc, showJsonrpc } from './jsonrpc.ts'
import { type McpConfig, mcpMembers, readMcp, showMcp } from './mcp.ts'
import { type OnecConfig, onecMembers, readOnec, showOnec } from './onec.ts'
import { type OpenapiConfig, openapiMembers, readOpenapi, showOpenapi } from './openapi.ts'

export type UpstreamConfig = McpConfig | OnecConfig | OpenapiConfig | JsonrpcConfig

interface Kind {
  /** What an entry of `upstreams` may say. */
  readonly members: readonly string[]
  read(entry: Entry, context: Context): UpstreamConfig | undefined
}

export const kinds: Record<UpstreamConfig['kind'], Kind> = {
  mcp: { members: mcpMembers, read: readMcp },
  onec: { members: onecMembers, read: readOnec },
  openapi: { members: openapiMembers, read: readOpenapi },
  jsonrpc: { members: jsonrpcMembers, read: readJsonrpc },
}

/** Whether people sign in with accounts of that system, and use it in their own name. */
export const signsPeopleIn = (upstream: UpstreamConfig): boolean =>
  upstream.kind === 'onec' && !upstream.disabled && upstream.authMode === 'oauth2'

export const kindNames = Object.keys(kinds)

/** For people: without secrets. */
export function showUpstream(upstream: UpstreamConfig): object {
  switch (upstream.kind) {
    case 'mcp':
      return showMcp(upstream)
    case 'onec':
      return showOnec(upstream)
    case 'openapi':
      return showOpenapi(upstream)
    case 'jsonrpc':
      return showJsonrpc(upstream)
  }
}
