/** Finds out which era a server speaks, and begins with it: `initialize` for the revisions with sessions, `server/discover` for the one without. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { metaNames, modernVersion, sessionVersions } from '../../mcp/era.ts'
import { takesTasks } from '../../mcp/task-words.ts'
import { HttpRefused } from '../http/errors.ts'
import { type Peer, Refused } from './peer.ts'

export type Era = 'session' | 'modern'

/** What the server said about itself. */
export interface About extends Json {
  readonly era: Era
  readonly protocolVersion: string
  readonly serverInfo: Json
  readonly capabilities: Json
  readonly instructions?: string
}

export interface Introduction {
  /** Of Switchyard. */
  readonly version: string
  /** What we say that we can be asked. */
  readonly abilities: Json
  /** Eras to try, the likeliest first. */
  readonly eras: readonly Era[]
  readonly signal: AbortSignal
}

/** UnsupportedProtocolVersion of 2026-07-28. */
const unsupportedVersion = -32022
/** A server that does not know the question is not waited for longer than this (ms), where there is another to ask. */
const probeTime = 10_000

export const clientInfo = (version: string): Json => ({ name: 'switchyard', title: 'Switchyard', version })

/** Throws what the server said to the last that was tried. */
export async function introduce(peer: Peer, introduction: Introduction): Promise<About> {
  const { eras } = introduction
  for (const era of eras.slice(0, -1)) {
    try {
      return await begin(peer, era, {
        ...introduction,
        signal: AbortSignal.any([introduction.signal, AbortSignal.timeout(probeTime)]),
      })
    } catch (error) {
      if (introduction.signal.aborted || !isOtherEra(error)) throw error
    }
  }
  return begin(peer, eras.at(-1)!, introduction)
}

/** Whether the server answered and did not understand, or did not answer at all to what it may not know. */
function isOtherEra(error: unknown): boolean {
  if (error instanceof HttpRefused) return error.status < 500 && error.status !== 401 && error.status !== 403
  return error instanceof Refused || error instanceof OtherEra || (error instanceof Error && error.name === 'TimeoutError')
}

class OtherEra extends Error {}

const begin = (peer: Peer, era: Era, introduction: Introduction) =>
  era === 'modern' ? discover(peer, introduction) : initialize(peer, introduction)

async function initialize(peer: Peer, { version, abilities, signal }: Introduction): Promise<About> {
  const params = { protocolVersion: sessionVersions[0], capabilities: abilities, clientInfo: clientInfo(version) }
  const result = await peer.request('initialize', params, { signal })
  const { protocolVersion } = result
  if (typeof protocolVersion !== 'string' || !sessionVersions.includes(protocolVersion)) {
    throw new OtherEra(
      `the server speaks ${String(protocolVersion).slice(0, 40)}, which is none of ${sessionVersions.join(', ')}`,
    )
  }
  peer.version(protocolVersion)
  await peer.initialized()
  return about('session', protocolVersion, result, result.serverInfo)
}

async function discover(peer: Peer, { version, abilities, signal }: Introduction): Promise<About> {
  const _meta = envelope({ version, abilities })
  const headers = { 'mcp-protocol-version': modernVersion, 'mcp-method': 'server/discover' }
  const ask = () => peer.request('server/discover', { _meta }, { signal, headers, cancelByClosing: true })
  // A server that refuses a version says which it speaks; where that is the same one, it is asked once more.
  const result = await ask().catch((error: unknown) => (speaksOurs(error) ? ask() : Promise.reject(error)))
  const { supportedVersions } = result
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(modernVersion))
    throw new OtherEra(`the server does not speak ${modernVersion}`)
  const meta = isObject(result._meta) ? result._meta : {}
  return about('modern', modernVersion, result, meta[metaNames.server] ?? result.serverInfo)
}

function speaksOurs(error: unknown): boolean {
  if (!(error instanceof Refused) || error.code !== unsupportedVersion || !isObject(error.data)) return false
  const { supported } = error.data
  return Array.isArray(supported) && supported.includes(modernVersion)
}

/** What every request of 2026-07-28 says of its client. */
export const envelope = ({ version, abilities }: { version: string; abilities: Json }): Json => ({
  [metaNames.version]: modernVersion,
  [metaNames.client]: clientInfo(version),
  [metaNames.abilities]: abilities,
})

const about = (era: Era, protocolVersion: string, result: Json, serverInfo: unknown): About => ({
  era,
  protocolVersion,
  serverInfo: isObject(serverInfo) ? serverInfo : {},
  capabilities: isObject(result.capabilities) ? result.capabilities : {},
  ...(typeof result.instructions === 'string' ? { instructions: result.instructions } : {}),
})

/** Which tasks the server has, if any. */
export function tasksOf({ era, capabilities }: About): Era | undefined {
  if (era === 'modern') return takesTasks(capabilities) ? era : undefined
  const { requests } = isObject(capabilities.tasks) ? capabilities.tasks : {}
  const { tools } = isObject(requests) ? requests : {}
  return isObject(tools) && isObject(tools.call) ? era : undefined
}
