/** The middle of the system with upstreams, behind a real port, over a database that several tests share. */

import { buildCommands } from '../../app/commands/build.ts'
import { echoCommands } from '../../app/commands/echo.ts'
import { readUpstreams } from '../../app/config/upstreams.ts'
import type { UpstreamConfig } from '../../app/config.ts'
import { createLife } from '../../app/lifecycle.ts'
import { createHandlers } from '../../app/mcp/handlers.ts'
import type { Database } from '../../app/store/database.ts'
import { cmd } from '../../app/surfaces/cmd.ts'
import { rest } from '../../app/surfaces/rest.ts'
import { sse } from '../../app/surfaces/sse.ts'
import { streamable } from '../../app/surfaces/streamable.ts'
import { startUpstreams, type UpstreamsOptions } from '../../app/upstreams/index.ts'
import type { UpstreamState } from '../../app/upstreams/state.ts'
import type { Surface } from '../../app/yard.ts'
import { until } from '../until.ts'
import { startYard, type TestYard } from './yard.ts'

export interface UpstreamYard extends TestYard {
  state(name: string): UpstreamState
  /** Waits until the upstream is in this state. */
  becomes(name: string, state: UpstreamState['state']): Promise<void>
}

export interface UpstreamYardOptions {
  readonly timeout?: number
  /** `upstreams` of the configuration. */
  readonly entries?: readonly object[]
  readonly outgoing?: Pick<UpstreamsOptions, 'breaker' | 'traffic' | 'cache'>
}

/**
 * @param mcpServers as in the configuration
 * @param timeout ms that a call may take, where the configuration says nothing else
 */
export async function startUpstreamYard(
  database: Database,
  mcpServers: Record<string, object>,
  { timeout = 10_000, entries = [], outgoing = {} }: UpstreamYardOptions = {},
): Promise<UpstreamYard> {
  const configs = configured(mcpServers, entries, timeout / 1000)
  const surface =
    (open: typeof sse): Surface =>
    (yard, closing) =>
      open(createHandlers(yard.catalog, yard.switch))(yard, closing)
  const yard = await startYard(
    [surface(streamable), surface(sse), cmd, rest],
    ({ catalog }) => catalog.offer('switchyard', buildCommands(echoCommands(), 'switchyard')),
    { timeout },
  )
  const life = createLife(yard.log)
  // What stands in our own environment beside what every program needs.
  const baseEnv = { ...process.env, SECRET_KEY: 'hush', DATABASE_URL: 'postgres://me:pw@db/x' }
  const states = await startUpstreams(life, {
    configs,
    catalog: yard.catalog,
    database,
    log: yard.log,
    version: '1.2.3',
    sessions: yard.sessions,
    bus: { tell() {}, hear() {}, missed() {} },
    baseEnv,
    ...outgoing,
  })

  function state(name: string): UpstreamState {
    const found = states().find((upstream) => upstream.name === name)
    if (!found) throw new Error(`there is no upstream ${name}`)
    return found
  }

  return {
    ...yard,
    state,
    becomes: (name, wanted) => until(`${name} is ${wanted}`, () => state(name).state === wanted),
    async stop() {
      await yard.stop()
      await life.stop('the test is over')
    },
  }
}

function configured(mcpServers: Record<string, object>, upstreams: readonly object[], timeout: number): UpstreamConfig[] {
  const problems: string[] = []
  const file = { origin: 'the test', directory: '/', upstreams, mcpServers }
  const configs = readUpstreams(file, timeout, '/', problems)
  if (problems.length > 0) throw new Error(problems.join('; '))
  return configs
}

/** Entries of `upstreams`, as they are read from a file. */
export const readEntries = (entries: readonly object[]): UpstreamConfig[] => configured({}, entries, 10)
