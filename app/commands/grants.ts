/** What people let clients do in their name. */
import type { Consents } from '../authorization/consents.ts'
import type { Definition } from './command.ts'

export const grantCommands = (consents: Consents): Definition[] => [
  {
    name: 'grants',
    description:
      'Lists the programs that may act in your name because you let them in on the consent page; for admins, those of everybody. API keys are not among them.',
    returns:
      '`grants`: a list of id, client (how it calls itself), client_url, person, account_of, scopes, created_at, renewed_at, expires_at.',
    scope: 'read',
    readOnly: true,
    run: async (_, { caller }) => ({ grants: await consents.list(caller) }),
  },
  {
    name: 'grant_revoke',
    description:
      'Takes back what you let a program do in your name: its tokens are refused within five seconds, on every replica. Admins may take back what anybody gave.',
    params: { id: { type: 'string', description: 'Its id, as grants lists it', required: true } },
    returns: 'What was taken back, as in grants.',
    scope: 'read',
    run: ({ id }, { caller }) => consents.revoke(String(id), caller),
  },
]
