/** `initialize` of the revisions with sessions: what is wrong with it, and what it is answered with. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { capabilitiesFor } from './capabilities.ts'
import { sessionVersions } from './era.ts'
import { serverInfo } from './results.ts'

/** What is wrong with the params of `initialize`, in a sentence; undefined when nothing is. */
export function handshakeProblem({ protocolVersion, capabilities: declared, clientInfo }: Json): string | undefined {
  if (typeof protocolVersion !== 'string') return 'params.protocolVersion must be a text such as "2025-11-25"'
  if (!isObject(declared)) return 'params.capabilities must be an object'
  if (!isObject(clientInfo) || typeof clientInfo.name !== 'string' || typeof clientInfo.version !== 'string') {
    return 'params.clientInfo must be an object with name and version'
  }
  return undefined
}

/** The revision that is spoken from now on: the one that was asked for, or our newest one (lifecycle, version negotiation). */
export const agreedVersion = (asked: unknown): string =>
  sessionVersions.find((version) => version === asked) ?? sessionVersions[0]!

/** The result of `initialize`. @param instructions for the model, where there are any */
export function handshakeResult(revision: string, instructions?: string): Json {
  const { title, ...named } = serverInfo
  const info = revision >= '2025-06-18' ? { ...named, title } : named
  const result = { protocolVersion: revision, capabilities: capabilitiesFor(revision), serverInfo: info }
  return instructions === undefined ? result : { ...result, instructions }
}
