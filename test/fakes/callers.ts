/** Many callers of a running server while something behind it fails, and what its probes and its database say meanwhile. */
import pg from 'pg'
import { expect } from 'vitest'
import type { Json } from '../../app/call.ts'
import type { TestProcess } from '../start.ts'
import { until } from '../until.ts'

export const statusOf = async (server: TestProcess, path: string) => (await fetch(server.url() + path)).status

/** The deadline is a generous one: what is promised is 2 s to notice and 5 s to recover, on a machine with less to do. */
export const becomesReady = (server: TestProcess, status: 200 | 503) =>
  until(`ready says ${status}`, async () => (await statusOf(server, '/health/ready')) === status, 15_000)

/** What /cmd answers that needs the database and cannot have it. */
export const unavailable = {
  success: false,
  error: { data: expect.objectContaining({ code: 'unavailable', retry_after: expect.any(Number) }) },
}

/** Calls over /cmd. @returns the result, or `success: false` with the error */
export async function callOver(server: TestProcess, key: string | undefined, command: string, params: Json = {}): Promise<Json> {
  const response = await fetch(`${server.url()}/cmd`, {
    method: 'POST',
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    body: JSON.stringify({ command, params }),
  })
  const { result, error } = (await response.json()) as { result?: Json; error?: Json }
  return result ?? { success: false, error }
}

/** Callers that go on calling what needs no database, and what became of it. */
export function load(server: TestProcess, key: string | undefined, { callers = 10, message = '' } = {}) {
  const failures: unknown[] = []
  let calls = 0
  let live = 0
  let over = false
  const busy = Array.from({ length: callers }, async (_, who) => {
    // A test that failed ends its server.
    while (!over && server.child.exitCode === null && server.child.signalCode === null) {
      const params = { message: `${who} ${message}` }
      const answer = await callOver(server, key, 'echo', params).catch((error: unknown) => ({ success: false, error }))
      if (answer.success !== true) failures.push(answer)
      calls++
      if ((await statusOf(server, '/health/live').catch(() => 0)) === 200) live++
      else failures.push('not live')
    }
  })
  return {
    failures,
    calls: () => calls,
    live: () => live,
    /** Settles when it went on for so many calls more. */
    goesOn: (more: number) => {
      const from = calls
      return until(`${more} more calls`, () => calls >= from + more, 30_000)
    },
    async stop() {
      over = true
      await Promise.all(busy)
    },
  }
}

/** Somebody with a connection of his own to the same PostgreSQL. */
export interface Looker {
  readonly client: pg.Client
  /** Connections of servers of ours, as PostgreSQL counts them. */
  connections(): Promise<number>
  /** Calls of `echo` that are in the history and went well. */
  written(): Promise<number>
  stop(): Promise<void>
}

export async function lookInto(url: string): Promise<Looker> {
  const client = new pg.Client({ connectionString: url, application_name: 'a test' })
  client.on('error', () => {}) // a test ends the server
  await client.connect()
  const count = async (from: string): Promise<number> => (await client.query(`select count(*)::int as n from ${from}`)).rows[0].n
  return {
    client,
    connections: () => count(`pg_stat_activity where application_name = 'switchyard'`),
    written: () => count(`mcp.tool_executions where tool_name = 'echo' and status = 'ok'`),
    stop: () => client.end().catch(() => {}),
  }
}
