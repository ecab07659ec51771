/** The registration of this server at a proxy: what command adapters call proxy_registration and registration_status. */
import { actorOf } from '../actor.ts'
import type { Json } from '../call.ts'
import { maskUrl } from '../config/mask.ts'
import type { ProxyRegistration, RegistrationStatus } from '../proxy.ts'
import { shown } from '../shown.ts'
import type { Audit } from '../store/audit.ts'
import type { Definition } from './command.ts'

const actions = ['register', 'unregister', 'status']

/** @param proxy known once the port is open @param audit told before anything is done at the proxy */
export const registrationCommands = (
  proxy: () => Pick<ProxyRegistration, 'status' | 'register' | 'unregister'>,
  audit: Audit,
): Definition[] => [
  {
    name: 'proxy_registration',
    description:
      'Registers this server at the configured MCP proxy, takes that back, or tells how it stands. What is taken back stays so until ' +
      'somebody registers again, or the next start.',
    params: {
      action: { type: 'string', description: 'register, unregister or status', required: true },
      server_url: { type: 'string', description: 'For register: where the proxy reaches this server, if not as configured' },
    },
    returns: '`message`, `server_key`, `server_url`, and `registration_status` as the command of that name gives it.',
    scope: 'admin',
    async run({ action, server_url }, { caller, failure }) {
      if (!actions.includes(String(action)))
        throw failure(`action must be ${actions.slice(0, -1).join(', ')} or status, got "${action}"`)
      if (server_url !== undefined && !isHttp(String(server_url))) throw failure('server_url must be an http:// or https:// URL')
      if (action === 'status') return told('status', proxy().status())
      if (proxy().status().enabled) {
        const details = server_url === undefined ? undefined : { server_url: shown(maskUrl(String(server_url)), 500) }
        await audit.announce({ actor: actorOf(caller), action: `proxy_${action}`, details })
      }
      if (action === 'unregister') return told('unregistered', await proxy().unregister())
      const status = await proxy().register(server_url === undefined ? undefined : String(server_url))
      if (status.enabled && !status.registered)
        throw failure(status.error ?? 'not registered: no port is open that could be registered')
      return told(status.enabled ? 'registered' : 'nothing was done: proxy_registration.enabled is false', status)
    },
  },
  {
    name: 'registration_status',
    description: 'Tells whether this server is registered at an MCP proxy, under which key, and what was wrong last.',
    returns: '`enabled`, `registered`, `server_key`, `server_url`, `proxy_url`, `server_id`, `heartbeat`, `error`, `warning`.',
    scope: 'read',
    readOnly: true,
    run: () => proxy().status(),
  },
]

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

function told(message: string, status: RegistrationStatus): Json {
  const { enabled, registered, server_key, server_url, proxy_url } = status
  return { message, enabled, registered, server_key, server_url, proxy_url, registration_status: status }
}
