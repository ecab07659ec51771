/** What a way in may touch, and the shape of a way in. Types only. */
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Admission } from './admission.ts'
import type { Credentials } from './auth.ts'
import type { Caller } from './call.ts'
import type { Catalog } from './catalog.ts'
import type { ClientAddress } from './client-address.ts'
import type { Settled } from './config.ts'
import type { Health } from './health.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { Log } from './log.ts'
import type { Sessions } from './mcp/sessions.ts'
import type { Metrics } from './metrics.ts'
import type { Standing } from './standing.ts'
import type { Switch } from './switch.ts'

export interface Yard extends ClientAddress {
  readonly version: string
  readonly settled: Settled
  readonly log: Log
  readonly metrics: Metrics
  readonly catalog: Catalog
  readonly switch: Switch
  /** The MCP sessions that are open in this process. */
  readonly sessions: Sessions
  readonly health: Health
  /** Ends what stays open when its credential is not good any more. */
  readonly standing: Pick<Standing, 'hold'>
  /** Where long commands run whose caller does not wait; without it every call is answered with its result. */
  readonly jobs?: Jobs
  /**
   * Whose request this is. Throws Failure('unauthorized') for a wrong credential, and for a missing one where one is required; before
   * that, what `admit` throws. Answers at once where it can, because every request asks.
   */
  identify(request: Credentials): Caller | Promise<Caller>
  /** Where a client finds out how to get a credential, or a better one (RFC 9728), if it can. */
  metadata?(request: Credentials): string
  /** For ways in that do not identify: whether this request may be made at all. */
  readonly admit: Admission['admit']
  /** For ways in that find out themselves whose credential it is: bounds wrong ones by address, after `admit`. */
  readonly look: Admission['look']
}

/** The app of one port: Hono over Node's own request and response, which the hot paths use directly. */
export type Web = Hono<{ Bindings: HttpBindings }>

/**
 * A way in. `closing` aborts when the port takes no more connections: open streams then end as soon as their answers are written.
 */
export type Surface = (yard: Yard, closing: AbortSignal) => Web
