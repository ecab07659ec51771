/** Which ways in there are, where they are, and who uses them. */
import type { Json } from '../call.ts'
import type { Settled } from '../config.ts'
import type { Sessions } from '../mcp/sessions.ts'
import type { Definition } from './command.ts'

/** Addresses, as far as the ports are open. */
export interface Places {
  readonly url: string | undefined
  readonly adminUrl: string | undefined
}

export const transportCommands = (settled: Settled, sessions: Pick<Sessions, 'list'>, places: () => Places): Definition[] => [
  {
    name: 'transport_management',
    description:
      'status: which transports are served, at which addresses, and how many sessions each has. sessions: every session. Which are served is a setting (server.transport); it changes with a restart.',
    params: {
      action: { type: 'string', description: 'What to tell', enum: ['status', 'sessions'], default: 'status' },
    },
    returns: '`transport`, the setting, and `transports`: a list of name, address and sessions; or `sessions`: a list.',
    examples: [{ params: { action: 'status' } }],
    scope: 'admin',
    readOnly: true,
    run({ action }) {
      if (action === 'sessions') return { sessions: sessions.list().map(shown) }
      return { transport: settled.config.server.transport, transports: transportsAt(places(), settled, sessions) }
    },
  },
]

function transportsAt({ url, adminUrl }: Places, settled: Settled, sessions: Pick<Sessions, 'list'>): Json[] {
  const open = sessions.list()
  const entry = (name: string, address: string | null, via?: string): Json => ({
    name,
    address,
    ...(via === undefined ? {} : { sessions: open.filter((session) => session.via === via).length }),
  })
  const http = (at: string): Json[] => [
    entry('streamable_http', `${at}/mcp`, 'http'),
    entry('sse', `${at}/sse`, 'sse'),
    entry('websocket', `${at.replace(/^http/, 'ws')}/ws`, 'websocket'),
    entry('cmd', `${at}/cmd`),
    entry('rest', `${at}/api/commands`),
  ]
  return [
    ...(settled.config.server.transport === 'sse' ? [] : [entry('stdio', null, 'stdio')]),
    ...(url === undefined ? [] : http(url)),
    ...(adminUrl === undefined ? [] : [entry('admin', adminUrl)]),
  ]
}

const shown = ({
  id,
  via,
  caller,
  client,
  protocolVersion,
  openedAt,
  lastActiveAt,
  calls,
}: ReturnType<Sessions['list']>[number]): Json => ({
  // Whole, it would let somebody else into a session without a key.
  id: id.slice(0, 8),
  via,
  caller: caller.name,
  client: client ?? null,
  protocol_version: protocolVersion ?? null,
  opened_at: new Date(openedAt).toISOString(),
  last_active_at: new Date(lastActiveAt).toISOString(),
  calls,
})
