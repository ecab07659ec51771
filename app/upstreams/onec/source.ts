/** A base as something to be looked at and read again and again: what it says of itself, what it offers, whether it lets us in. */
import type { Realms } from '../../authorization/words.ts'
import type { Json } from '../../call.ts'
import type { Catalog } from '../../catalog.ts'
import type { OnecConfig } from '../../config/upstream/onec.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import type { Log } from '../../log.ts'
import { type BreakerOptions, openService, type ServiceTools } from '../http/service.ts'
import type { Lists } from '../offer.ts'
import type { Reading, Source, Watch } from '../steady.ts'
import type { Traffic } from '../traffic.ts'
import { isRefusal } from './answers.ts'
import { type Base, createBase } from './base.ts'
import { onecCommands } from './commands.ts'
import { openFileWire } from './file-wire.ts'
import { openHttpWire } from './http-wire.ts'
import { readLists } from './lists.ts'
import { createPersons } from './persons.ts'
import { openPollWire } from './poll-wire.ts'
import type { Who } from './who.ts'
import type { OnecWire } from './wire.ts'

export interface OnecSource extends Source {
  /** The base answers, and does not let us in. */
  readonly refused: boolean
  /** Takes what it needs to be found by the base. Throws PortTaken when that cannot be had. */
  listen(): Promise<void>
}

export interface SourceTools {
  /** Of Switchyard. */
  readonly version: string
  readonly log: Log
  /** What was known of it. */
  readonly before: Lists
  /** For a base that everybody uses in their own name: where they sign in, and where they see what it offers them. */
  readonly people?: { readonly catalog: Catalog; readonly realms: Realms }
  readonly breaker?: BreakerOptions
  readonly traffic?: Traffic
}

const lets = [401, 403]
const none: Lists = { tools: [], resources: [], templates: [], prompts: [] }

export function openSource(
  config: OnecConfig,
  { version, log, before, breaker, traffic, people }: SourceTools,
  watch: Watch,
): OnecSource {
  const { name, timeout } = config
  const who: Who = { username: config.username, password: config.password }
  const wire = openWire(config, { log, watch, breaker, traffic })
  const base = createBase({ name, wire, log, timeout: timeout * 1000 })
  const personal = config.authMode === 'oauth2'
  const persons = personal && people ? createPersons({ config, base, wire, catalog: people.catalog, log }) : undefined
  if (persons) people?.realms.add(persons)
  let known = before
  let refused = false

  async function noting<T>(work: () => Promise<T>): Promise<T> {
    try {
      const done = await work()
      refused = false
      return done
    } catch (error) {
      refused = error instanceof Failure && lets.includes(Number(error.data?.status))
      throw error
    }
  }

  /** Without an account one hears at most that one is not let in, and that is an answer too. */
  async function knock(signal: AbortSignal): Promise<void> {
    try {
      await wire.look(who, signal)
    } catch (error) {
      if (!personal || !(error instanceof Failure && lets.includes(Number(error.data?.status)))) throw error
    }
  }

  async function read(signal: AbortSignal): Promise<Reading> {
    if (personal) {
      await knock(signal)
      return { about: {}, server: null, lists: none }
    }
    if (wire.transport === 'http') await wire.look(who, signal)
    const about = await introduce(base, wire, { version, who, signal })
    const { lists, notes } = await readLists(base, name, known, { who, signal })
    known = lists
    const { name: theirs, version: its } = isObject(about.serverInfo) ? about.serverInfo : {}
    const server = typeof theirs === 'string' && theirs !== '' ? { name: theirs, version: String(its ?? '') } : null
    return { about: { ...about, notes }, server, lists }
  }

  return {
    transport: wire.transport,
    get refused() {
      return refused
    },
    listen: async () => {
      if ('listen' in wire) await wire.listen()
    },
    read: (signal) => noting(() => read(signal)),
    look: (signal) => noting(() => knock(signal)),
    people: persons && (() => persons.count()),
    commands(lists, about) {
      const notes = Array.isArray(about?.notes) ? about.notes.map(String) : []
      const { instructions } = about ?? {}
      const offered = onecCommands(lists, notes, { ...config, base, who })
      return typeof instructions === 'string' && instructions.trim() !== '' ? { ...offered, instructions } : offered
    },
    get breaker() {
      return wire.breaker
    },
    async close() {
      persons?.stop()
      await wire.close()
    },
  }
}

function openWire(
  config: OnecConfig,
  { log, watch, breaker, traffic }: ServiceTools & { watch: Watch },
): ReturnType<typeof openHttpWire> | ReturnType<typeof openPollWire> | OnecWire {
  const { name, timeout, way } = config
  switch (way.transport) {
    case 'http':
      return openHttpWire(name, way, openService({ name, timeout, service: way.service }, { log, watch, breaker, traffic }))
    case 'file':
      return openFileWire(name, way, watch)
    case 'httppoll':
      return openPollWire(name, way, { log, watch })
  }
}

/** What it says of itself. Many bases know no `initialize`, and are none the worse for it. */
async function introduce(
  base: Base,
  wire: OnecWire | ReturnType<typeof openHttpWire>,
  { version, who, signal }: { version: string; who: Who; signal: AbortSignal },
): Promise<Json> {
  const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'switchyard', version } }
  try {
    const result = await base.ask('initialize', params, { who, signal })
    if (isObject(result)) return { serverInfo: result.serverInfo, instructions: result.instructions }
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
  if (!('manifest' in wire)) return {}
  const manifest = await wire.manifest(who, signal).catch(() => undefined)
  return isObject(manifest) ? { serverInfo: { name: manifest.name, version: manifest.version } } : {}
}
