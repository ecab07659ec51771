/**
 * The connections of one service: those to itself, with its certificates, and those to whoever it names, who are shown none and reached
 * only where the address may be.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { Agent, type buildConnector } from 'undici'
import { type Allowance, ForbiddenAddress, guardedLookup, hostFault } from '../../addresses.ts'
import { opennessOf } from '../../config/secret-file.ts'
import type { ServiceConfig } from '../../config/upstream/service.ts'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import { connector, plain } from './connecting.ts'
import { Unreachable } from './errors.ts'

export interface Agents {
  /** To the service itself. Throws Failure `upstream_away` where a file of a certificate is of no use. */
  own(): Agent
  /** To everybody else. */
  others(): Agent
  close(): Promise<void>
}

export interface AgentsOptions {
  /** For a service that somebody else named: its own address has to be one of these, too. */
  readonly guard?: Allowance
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number
}

/** Milliseconds between two looks whether a certificate was replaced. */
const lookEvery = 5_000
/** Milliseconds that making a connection may take. */
const connectTime = 10_000

export function openAgents(
  name: string,
  { tls, connections, allowPrivate }: ServiceConfig,
  { guard, now = () => performance.now() }: AgentsOptions = {},
): Agents {
  const connecting = new Set<Socket>()
  const files = { ca_file: tls.ca, cert_file: tls.cert, key_file: tls.key }
  const paths = Object.values(files).filter((path) => path !== null)
  let own: { readonly agent: Agent; readonly version: string } | undefined
  let others: Agent | undefined
  let lookedAt = 0

  function current(): Agent {
    if (own && (!paths.length || now() - lookedAt < lookEvery)) return own.agent
    lookedAt = now()
    const version = paths.map(versionOf).join()
    if (own?.version === version) return own.agent
    const secrets = readFiles()
    const before = own?.agent
    own = {
      agent: agentWith(guard ? guarded(guard, secrets) : connector(connecting, plain({ ...secrets, timeout: connectTime }))),
      version,
    }
    // Answers that are on their way still come.
    void before?.close()
    return own.agent
  }

  function readFiles() {
    const read = (key: keyof typeof files) => {
      const path = files[key]
      if (path === null) return undefined
      let bytes: Buffer
      let open: string | undefined
      try {
        bytes = readFileSync(path)
        open = key === 'key_file' ? opennessOf(path, statSync(path).mode) : undefined
      } catch (error) {
        throw new Failure('upstream_away', `${name}: ${key} cannot be read: ${reasonOf(error)}`)
      }
      if (open) throw new Failure('upstream_away', `${name}: ${key} ${path} ${open}`)
      return bytes
    }
    const secrets = {
      ca: read('ca_file'),
      cert: read('cert_file'),
      key: read('key_file'),
      passphrase: tls.passphrase ?? undefined,
    }
    try {
      createSecureContext(secrets)
    } catch (error) {
      const given = Object.entries(files).filter(([, path]) => path !== null)
      const what = given.map(([key, path]) => `${key} ${path}`).join(', ')
      throw new Failure('upstream_away', `${name}: its certificates are of no use (${what}): ${reasonOf(error)}`)
    }
    return secrets
  }

  const agentWith = (connect: buildConnector.connector) => new Agent({ connections, connect, headersTimeout: 0, bodyTimeout: 0 })

  function guarded(allow: Allowance, secrets: buildConnector.BuildOptions = {}): buildConnector.connector {
    const lookup = guardedLookup(allow)
    const connect = connector(connecting, plain({ ...secrets, lookup, timeout: connectTime } as buildConnector.BuildOptions))
    return (options, callback) => {
      const fault = hostFault(options.hostname, allow)
      if (fault === undefined) connect(options, callback)
      else callback(new Unreachable(new ForbiddenAddress(`${options.hostname} is ${fault}`)), null)
    }
  }

  return {
    own: current,
    others() {
      others ??= agentWith(guarded({ private: allowPrivate }))
      return others
    },
    async close() {
      for (const socket of connecting) socket.destroy()
      await Promise.all([own?.agent.destroy(), others?.destroy()])
    },
  }
}

/** Changes when the file does; one that is away is told when it is read. */
function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : ''
}
