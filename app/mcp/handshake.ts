/** What is right and wrong about `initialize`. */
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js'
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'

/** The revisions with sessions that we speak, newest first. */
export const supportedVersions: readonly string[] = SUPPORTED_PROTOCOL_VERSIONS

/** What we tell every client that we can do. */
export const capabilities = {
  tools: { listChanged: true },
  resources: { listChanged: true },
  prompts: { listChanged: true },
  logging: {},
}

/** The engine answers `initialize` alone, and refuses it with a list of its schema's issues, which is no text for people. */
export const engineRefused =
  'the parameters of initialize are not of the shape that MCP asks for: look at capabilities and clientInfo'

/** What is wrong with the params of `initialize`, in a sentence; undefined when nothing is. */
export function handshakeProblem({ protocolVersion, capabilities: declared, clientInfo }: Json): string | undefined {
  if (typeof protocolVersion !== 'string') return 'params.protocolVersion must be a text such as "2025-11-25"'
  if (!isObject(declared)) return 'params.capabilities must be an object'
  if (!isObject(clientInfo) || typeof clientInfo.name !== 'string' || typeof clientInfo.version !== 'string') {
    return 'params.clientInfo must be an object with name and version'
  }
  return undefined
}
