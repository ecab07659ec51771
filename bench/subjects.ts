/** Who is asked: bare node:http first, because the others are measured against it, ours in every way in, the SDK's own transports. */
import { type Child, startNode } from './children.ts'
import { bareClients, type Client, type Connect, httpClients, sseClients, stdioClients } from './clients.ts'
import type { Programs } from './programs.ts'
import { startSwitchyard } from './switchyard.ts'

export interface SubjectOptions {
  readonly programs: Programs
  /** Null where there is no PostgreSQL; then those who need it are left out. */
  readonly databaseUrl: string | null
  /** The built server, where it is not dist/main.js. */
  readonly program?: string
}

/** One server that is asked in one way. */
export interface Subject {
  readonly name: string
  readonly pid: number
  readonly clients: readonly Client[]
  stop(): Promise<void>
}

interface Entry {
  readonly name: string
  start(): Promise<Child>
  connectTo(child: Child): Connect
}

const overHttp = ({ url }: Child) => httpClients(url)
const overSse = ({ url }: Child) => sseClients(url)
const overStdio = ({ process }: Child) => stdioClients(process)

/** All of them, not started yet. */
export function subjectList({ programs, databaseUrl, program }: SubjectOptions): Entry[] {
  const ours = (store: string, url?: string): Entry[] => {
    const start = () => startSwitchyard({ databaseUrl: url, program })
    const startStdio = () => startSwitchyard({ databaseUrl: url, program, transport: 'stdio' })
    return [
      { name: `/mcp, ${store}`, start, connectTo: overHttp },
      { name: `/sse, ${store}`, start, connectTo: overSse },
      { name: `stdio, ${store}`, start: startStdio, connectTo: overStdio },
    ]
  }
  const sdk = () => startNode([programs.sdk])
  return [
    { name: 'bare node:http', start: () => startNode([programs.bare]), connectTo: ({ url }) => bareClients(url) },
    ...ours('embedded'),
    ...(databaseUrl ? ours('PostgreSQL', databaseUrl) : []),
    { name: 'SDK, Streamable HTTP', start: sdk, connectTo: overHttp },
    { name: 'SDK, SSE', start: sdk, connectTo: overSse },
  ]
}

/** @param parallel clients, and so questions at a time */
export async function startSubject({ name, start, connectTo }: Entry, parallel: number): Promise<Subject> {
  const child = await start()
  const clients = await connectTo(child)(parallel)

  async function stop(): Promise<void> {
    for (const client of clients) client.close()
    await child.stop()
  }
  return { name, pid: child.pid, clients, stop }
}
