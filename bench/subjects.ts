/** Who is asked: a server, and a way in to it; and who is compared with whom. */
import { type Child, startNode } from './children.ts'
import { bareClients, type Client, type Connect, httpClients } from './clients.ts'
import { type Era, sessionEra } from './eras.ts'
import type { Prepared } from './prepared.ts'
import { sseClients } from './sse-clients.ts'

export interface SubjectOptions extends Prepared {
  /** The built server, where it is not dist/main.js. */
  readonly program?: string
}

/** One server that is asked in one way, not started yet. */
export interface Entry {
  readonly name: string
  start(): Promise<Child>
  readonly wayIn: (child: Child, era: Era) => Connect
  /** The era with sessions, where nothing else is said. */
  readonly era?: Era
}

/** Those who are asked in turn. */
export interface Comparison {
  readonly title: string
  /** The first is what the others are measured against. */
  readonly entries: readonly Entry[]
  /** Rows of those who cannot be asked on this machine: who, and why not. */
  readonly missing: readonly (readonly [string, string])[]
  /** What a reader has to know about them. */
  readonly note: string
}

/** The same, started. */
export interface Subject {
  readonly name: string
  readonly pid: number
  readonly clients: readonly Client[]
  readonly era: Era
  stop(): Promise<void>
}

/** What all others are measured against. */
export const bare = ({ programs }: SubjectOptions): Entry => ({
  name: 'bare node:http',
  start: () => startNode([programs.bare]),
  wayIn: ({ url }) => bareClients(url),
})

/** The ways in that all servers have. */
export const overHttp: Entry['wayIn'] = ({ url }, era) => httpClients(url, era)
export const overSse: Entry['wayIn'] = ({ url }, era) => sseClients(url, era)

/** @param parallel clients, and so questions at a time */
export async function startSubject(entry: Entry, parallel: number): Promise<Subject> {
  const { name, start, wayIn, era = sessionEra } = entry
  const child = await start()
  const clients = await wayIn(child, era)(parallel)

  async function stop(): Promise<void> {
    for (const client of clients) client.close()
    await child.stop()
  }
  return { name, pid: child.pid, clients, era, stop }
}
