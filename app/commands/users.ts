/** The people who may sign in, and the book of what was done to the server, for admins. */
import { actorOf } from '../actor.ts'
import { roles } from '../roles.ts'
import type { Users } from '../users.ts'
import type { Context, Definition } from './command.ts'

const user = { type: 'string', description: 'Name or id of the user', required: true } as const
const returns = 'The user as it is now: id, name, role, is_active, has_password, subject, last_sign_in_at, sessions.'
const ends = 'Ends all their sessions, tokens and apps, on every replica within five seconds.'

export const userCommands = (users: Users): Definition[] => [
  {
    name: 'user_list',
    description:
      'Lists the people who may sign in: role, whether the account is in force, ways to sign in, the last sign-in, open sessions.',
    returns: '`users`: a list.',
    scope: 'admin',
    readOnly: true,
    run: async () => ({ users: await users.list() }),
  },
  {
    name: 'user_create',
    description: 'Makes an account for a person. Without a password they cannot sign in until one is set.',
    params: {
      name: { type: 'string', description: 'What they sign in as', required: true },
      role: {
        type: 'string',
        description: 'admin looks after the server, operator calls tools, viewer looks',
        enum: roles,
        required: true,
      },
      password: { type: 'string', description: 'At least 12 characters; never kept as it is' },
    },
    returns,
    scope: 'admin',
    run: ({ name, role, password }, context) =>
      users.create(
        { name: String(name), role: String(role), ...(password === undefined ? {} : { password: String(password) }) },
        by(context),
      ),
  },
  {
    name: 'user_set_role',
    description: `Gives a person another role. ${ends}`,
    params: { user, role: { type: 'string', description: 'The new role', enum: roles, required: true } },
    returns,
    scope: 'admin',
    run: ({ user, role }, context) => users.setRole(String(user), String(role), by(context)),
  },
  {
    name: 'user_set_password',
    description: `Gives a person a new password. ${ends}`,
    params: { user, password: { type: 'string', description: 'At least 12 characters; never kept as it is', required: true } },
    returns,
    scope: 'admin',
    run: ({ user, password }, context) => users.setPassword(String(user), String(password), by(context)),
  },
  {
    name: 'user_disable',
    description: `Takes an account out of force; it can be enabled again. ${ends}`,
    params: { user },
    returns,
    scope: 'admin',
    run: ({ user }, context) => users.setActive(String(user), false, by(context)),
  },
  {
    name: 'user_enable',
    description: 'Puts an account that was disabled back into force.',
    params: { user },
    returns,
    scope: 'admin',
    run: ({ user }, context) => users.setActive(String(user), true, by(context)),
  },
  {
    name: 'user_sign_out',
    description: `Signs a person out everywhere. ${ends}`,
    params: { user },
    returns,
    scope: 'admin',
    run: ({ user }, context) => users.signOut(String(user), by(context)),
  },
  {
    name: 'audit_log',
    description:
      'Shows what people and programs did to the server: sign-ins, keys, accounts, approvals, loaded commands. The newest first.',
    params: {
      limit: { type: 'integer', description: 'Entries, 1 to 200', default: 50 },
      before: { type: 'integer', description: 'next of the page before' },
      actor: { type: 'string', description: 'Who did it' },
      action: { type: 'string', description: 'What was done, such as key_created' },
    },
    returns: '`entries`: id, at, actor, action, target, details, address; `next` where there are more.',
    scope: 'admin',
    readOnly: true,
    async run({ limit, before, actor, action }) {
      const wanted = Math.min(Math.max(Number(limit ?? 50), 1), 200)
      const entries = await users.audit({
        limit: wanted,
        ...(before === undefined ? {} : { before: Number(before) }),
        ...(actor === undefined ? {} : { actor: String(actor) }),
        ...(action === undefined ? {} : { action: String(action) }),
      })
      const last = entries.at(-1)
      return { entries, ...(entries.length === wanted && last ? { next: last.id } : {}) }
    },
  },
]

const by = ({ caller }: Context) => ({ name: actorOf(caller) })
