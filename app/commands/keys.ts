/** API keys, for admins who are not at the command line of the server. */
import { fitsPattern } from '../access/fits.ts'
import { actorOf } from '../actor.ts'
import type { Scope } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { day, mostDays, mostPatterns, mostRate, usualDays } from '../keys/wish.ts'
import type { Keys } from '../keys.ts'
import { allScopes, usualScopes } from '../scopes.ts'
import type { Definition } from './command.ts'

export const keyCommands = (keys: Keys, catalog: Pick<Catalog, 'all'>): Definition[] => [
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
        tools: {
          type: 'array',
          description:
            'Names or patterns (erp_*) of the tools that it may see and call, and of prompts and resources; all that its scopes allow without it',
          items: { type: 'string' },
          minItems: 1,
          maxItems: mostPatterns,
        },
        rate: {
          type: 'integer',
          description: 'Calls that it may make in one window of the rate limit, where that differs from the setting',
          minimum: 1,
          maximum: mostRate,
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
    returns:
      '`api_key`, to be copied now, and `id`, `name`, `scopes`, `tools`, `rate`, `expires_at`; `warnings` about patterns that fit nothing.',
    scope: 'admin',
    async run({ name, scopes, tools, rate, expires_days }, { caller }) {
      const life = expires_days === 0 ? null : Number(expires_days) * day
      const wish = { name: String(name), scopes: scopes as Scope[], tools: tools as string[], rate: rate as number, life }
      const { text, key } = await keys.create(wish, actorOf(caller))
      const { id, expires_at } = key
      const made = { id, name: key.name, scopes: key.scopes, tools: key.tools, rate: key.rate, expires_at }
      return { api_key: text, ...made, warnings: fitNothing(key.tools ?? [], catalog) }
    },
    // The text of an answer is kept in the history as it is; a member of this name is masked there.
    summary: ({ name, id }) => `The key ${name} (${id}) was made. It is in api_key of the structured answer, this once.`,
  },
  {
    name: 'key_list',
    description: 'Lists the API keys, the newest first, those that expired or were revoked too. Keys themselves cannot be shown.',
    returns:
      '`keys`: a list of id, name, scopes, tools, rate, state (active, expired, revoked), created_at, created_by, expires_at, last_used.',
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
    run: ({ key }, { caller }) => keys.revoke(String(key), actorOf(caller)),
  },
]

/** What was mistyped, or belongs to an upstream that is away. */
function fitNothing(patterns: readonly string[], catalog: Pick<Catalog, 'all'>): string[] {
  const names = catalog.all().map(({ name }) => name)
  return patterns
    .filter((pattern) => !names.some((name) => fitsPattern(pattern, name)))
    .map((pattern) => `nothing that is offered now has a name like ${pattern}`)
}
