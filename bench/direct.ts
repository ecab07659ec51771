/** Our own tool `echo` in every way in and both eras, and the same tool in servers that are nothing but the official SDK. */
import { startNode } from './children.ts'
import { stdioClients } from './clients.ts'
import { type Era, newEra, sessionEra } from './eras.ts'
import { bare, type Comparison, type Entry, overHttp, overSse, type SubjectOptions } from './subjects.ts'
import { startSwitchyard } from './switchyard.ts'

export function direct(options: SubjectOptions): Comparison {
  const { programs, databaseUrl, program } = options
  const ours = (what: string, era: Era, url?: string): Entry[] => {
    const start = () => startSwitchyard({ databaseUrl: url, program })
    const startStdio = () => startSwitchyard({ databaseUrl: url, program, transport: 'stdio' })
    return [
      { name: `/mcp, ${what}`, start, wayIn: overHttp, era },
      { name: `/sse, ${what}`, start, wayIn: overSse, era },
      { name: `stdio, ${what}`, start: startStdio, wayIn: ({ process }) => stdioClients(process, era), era },
    ]
  }
  const sdk = () => startNode([programs.sdk])
  const sdk2 = () => startNode([programs.sdk2])
  const entries: Entry[] = [
    bare(options),
    ...ours('embedded', sessionEra),
    ...(databaseUrl ? ours('PostgreSQL', sessionEra, databaseUrl) : []),
    ...(databaseUrl ? ours('PostgreSQL, 2026-07-28', newEra, databaseUrl) : []),
    { name: 'SDK v1, Streamable HTTP', start: sdk, wayIn: overHttp },
    { name: 'SDK v1, SSE', start: sdk, wayIn: overSse },
    { name: 'SDK v2, 2026-07-28', start: sdk2, wayIn: overHttp, era: newEra },
  ]
  return {
    title: 'One call of the tool echo',
    entries,
    missing: databaseUrl ? [] : [['/mcp, /sse, stdio, PostgreSQL', 'not run: no PostgreSQL']],
    note: 'The embedded database is one of them, a PostgreSQL server is not.',
  }
}
