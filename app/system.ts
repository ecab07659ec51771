/** What assembling a system takes and gives. Types only. */
import type { Readable, Writable } from 'node:stream'
import type { Settled } from './config.ts'
import type { Route } from './http.ts'
import type { Life } from './lifecycle.ts'
import type { Log } from './log.ts'
import type { Yard } from './yard.ts'

export interface SystemOptions {
  readonly settled: Settled
  readonly life: Life
  readonly log: Log
  /** Our own environment; children get a short list of it. */
  readonly baseEnv: Record<string, string | undefined>
  /** The two streams of the stdio transport; needed where the configuration asks for it. */
  readonly stdio?: { input: Readable; output: Writable }
  /** What a first start of the embedded database is made from, where it is not dist/template.tar.gz. */
  readonly template?: string
}

export interface System {
  readonly yard: Yard
  /** Where MCP clients and services connect; undefined without HTTP. */
  readonly url: string | undefined
  readonly adminUrl: string | undefined
  /** Everything that can be asked for over HTTP, on both ports. */
  readonly routes: readonly Route[]
  /** The link with which the first admin chooses a password; undefined once there is one, or without an admin side. */
  firstLink(): Promise<string | undefined>
}

/** Starts everything on the given life. */
export type Assemble = (options: SystemOptions) => Promise<System>
