/** API keys, for admins who are not at the command line of the server. */
import type { Scope } from '../call.ts'
import { allScopes, day, mostDays, usualDays, usualScopes } from '../keys/wish.ts'
import type { Keys } from '../keys.ts'
import type { Definition } from './command.ts'

export const keyCommands = (keys: Keys): Definition[] => [
  {
    name: 'key_create',
    description:
      'Makes an API key that a program or an AI client signs in with. The key itself is shown once, as api_key of the structured ' +
      'answer, and cannot be shown again: only its fingerprint is kept.',
    input: {
      type: 'object',
      properties: {
        name: { type: 'string', description: 'Whose key it is, such as claude-anna; in use once at a time' },
        scopes: {
          type: 'array',
          description:
            'What it may do: read looks things up, call runs tools, admin manages this server, register lets a server register itself; none includes another',
          items: { type: 'string', enum: allScopes },
          minItems: 1,
          default: usualScopes,
        },
        expires_days: {
          type: 'integer',
          description: 'Days until it stops working; 0 is never',
          minimum: 0,
          maximum: mostDays,
          default: usualDays,
        },
      },
      required: ['name'],
    },
    returns: '`api_key`, to be copied now, and `id`, `name`, `scopes`, `expires_at`.',
    scope: 'admin',
    async run({ name, scopes, expires_days }, { caller }) {
      const life = expires_days === 0 ? null : Number(expires_days) * day
      const { text, key } = await keys.create({ name: String(name), scopes: scopes as Scope[], life }, caller.name)
      return { api_key: text, id: key.id, name: key.name, scopes: key.scopes, expires_at: key.expires_at }
    },
    // The text of an answer is kept in the history as it is; a member of this name is masked there.
    summary: ({ name, id }) => `The key ${name} (${id}) was made. It is in api_key of the structured answer, this once.`,
  },
  {
    name: 'key_list',
    description: 'Lists the API keys, the newest first, those that expired or were revoked too. Keys themselves cannot be shown.',
    returns:
      '`keys`: a list of id, name, scopes, state (active, expired, revoked), created_at, created_by, expires_at, last_used.',
    scope: 'admin',
    readOnly: true,
    run: async () => ({ keys: await keys.list() }),
  },
  {
    name: 'key_revoke',
    description: 'Ends an API key for good. Whoever uses it is refused within five seconds, on every replica.',
    params: { key: { type: 'string', description: 'Its name or id', required: true } },
    returns: 'The key as it is now, as in key_list.',
    scope: 'admin',
    run: ({ key }, { caller }) => keys.revoke(String(key), caller.name),
  },
]
