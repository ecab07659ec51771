/** Handshakes that are wrong, or strange, or for revisions that there are not. */
import { request } from '../../fakes/wire.ts'
import { answered, badParams, result } from '../classes.ts'
import { type Entry, type Subject, session, streams } from '../entry.ts'
import { shownMembers } from '../shown.ts'

/** @param params in place of those that are right; undefined leaves one out */
export const initialize = (params: Record<string, unknown> = {}, id: number | string = 7) =>
  request(
    'initialize',
    { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' }, ...params },
    id,
  )

const badHandshakes: readonly Record<string, unknown>[] = [
  { protocolVersion: undefined },
  { protocolVersion: null },
  { protocolVersion: 20251125 },
  { protocolVersion: ['2025-11-25'] },
  { protocolVersion: {} },
  { capabilities: undefined },
  { capabilities: null },
  { capabilities: 'all' },
  { capabilities: [] },
  { capabilities: true },
  { clientInfo: undefined },
  { clientInfo: null },
  { clientInfo: 'x' },
  { clientInfo: [] },
  { clientInfo: {} },
  { clientInfo: { name: 'x' } },
  { clientInfo: { version: '1' } },
  { clientInfo: { name: 5, version: '1' } },
  { clientInfo: { name: 'x', version: 1 } },
]

/** Whether these are wrong is left open; one sentence says so, if they are. */
const oddHandshakes: readonly Record<string, unknown>[] = [
  { capabilities: { sampling: 'yes' } },
  { capabilities: { roots: { listChanged: 'yes' } } },
  { capabilities: { elicitation: [] } },
  { capabilities: { experimental: 5 } },
  { capabilities: { tasks: { requests: 'all' } } },
  { capabilities: { unknown: { a: [1, 2, 3] } } },
  { clientInfo: { name: '', version: '' } },
  { clientInfo: { name: 'x\n\0', version: '1', icons: 'none' } },
  { clientInfo: { name: 'x', version: '1', title: 5 } },
  { _meta: 'x' },
  { _meta: { progressToken: {} } },
]

const oddVersions = [
  '',
  ' ',
  '1',
  '1.0',
  '2.0',
  'latest',
  '2025-11-26',
  '9999-99-99',
  '0000-00-00',
  '2025-11-25 ',
  '2025-11-25,2025-06-18',
  '__proto__',
  'DRAFT-2026-v1',
]

export const handshakes: Subject = {
  name: 'a handshake',
  entries: [
    ...badHandshakes.map(
      (params): Entry => ({
        name: `with ${shownMembers(params)} is refused`,
        over: session,
        fresh: true,
        send: initialize(params),
        expect: badParams(7),
      }),
    ),
    ...oddHandshakes.map(
      (params): Entry => ({
        name: `with ${shownMembers(params)} is answered`,
        over: ['http', 'sse', 'ws'],
        fresh: true,
        send: initialize(params),
        expect: answered(7),
      }),
    ),
    ...oddVersions.map(
      (protocolVersion): Entry => ({
        name: `for the version ${JSON.stringify(protocolVersion)} is answered with the newest`,
        over: ['http', ...streams.filter((way) => way !== 'stdio')],
        fresh: true,
        send: initialize({ protocolVersion }),
        expect: result(7, { protocolVersion: '2025-11-25' }),
      }),
    ),
  ],
}
