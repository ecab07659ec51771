/** The people who may sign in, looked after by admins: in the panel, by commands, and on the command line. */
import { Failure } from './errors.ts'
import { checkNewPassword, checkPassword, hashPassword } from './passwords.ts'
import { type Role, roles } from './roles.ts'
import type { Actor, AuditEntry, AuditQuery, Change, OwnSession, StoredUser, UserStore } from './store/users.ts'

/** As people and programs are shown it. Times are ISO 8601. */
export interface UserView {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly is_active: boolean
  /** Whether they can sign in with a password, and with an OpenID provider. */
  readonly has_password: boolean
  readonly subject: string | null
  readonly created_at: string
  /** Null: not yet. */
  readonly last_sign_in_at: string | null
  /** Browsers that are signed in. */
  readonly sessions: number
}

export interface AuditView extends Omit<AuditEntry, 'at'> {
  readonly at: string
}

export interface Users {
  /** @throws Failure `invalid_params` for a name, role or password that is not fit, `conflict` for a name that is taken */
  create(wish: { name: string; role: string; password?: string }, actor: Actor): Promise<UserView>
  list(): Promise<UserView[]>
  /**
   * These end every session, token and grant of the user, on every replica within five seconds. `user` is a name or an id.
   * @throws Failure `invalid_arguments` where there is nobody, `conflict` for the last admin
   */
  setRole(user: string, role: string, actor: Actor): Promise<UserView>
  setPassword(user: string, password: string, actor: Actor): Promise<UserView>
  setActive(user: string, isActive: boolean, actor: Actor): Promise<UserView>
  signOut(user: string, actor: Actor): Promise<UserView>
  /**
   * Somebody's own password. @param keep hash of the session that goes on
   * @throws Failure `forbidden` where the current one is wrong, `conflict` where there is none
   */
  changeOwn(id: string, passwords: { current: string; password: string }, keep: string, actor: Actor): Promise<void>
  sessionsOf(id: string): Promise<OwnSession[]>
  endSession(id: string, tokenHash: string, actor: Actor): Promise<boolean>
  audit(query: AuditQuery): Promise<AuditView[]>
}

export interface UsersOptions {
  readonly store: UserStore
  /** Told whose sessions have ended: nothing of them needs to be remembered. */
  readonly ended?: (userId: string) => void
}

/** @throws Failure `invalid_params` */
export function checkNewName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u.test(name)) return
  const message = 'the name must be 1 to 64 letters, digits, dots, dashes, underscores or @, and begin with a letter or digit'
  throw new Failure('invalid_params', message, { data: { field: 'name' } })
}

export function createUsers({ store, ended = () => {} }: UsersOptions): Users {
  async function change(wanted: string, what: Change, actor: Actor): Promise<UserView> {
    const user = await store.find(wanted)
    const changed = user && (await store.change(user.id, what, actor))
    if (!changed)
      throw new Failure('invalid_arguments', `there is no user "${wanted.slice(0, 64)}": the list of users shows who there is`)
    ended(changed.id)
    return viewOf(changed)
  }

  return {
    async create({ name, role, password }, actor) {
      checkNewName(name)
      const known = roleIn(role)
      if (password !== undefined) checkNewPassword(password, name)
      const passwordHash = password === undefined ? null : await hashPassword(password)
      const user = await store.add({ name, role: known, passwordHash }, actor)
      if (!user) throw new Failure('conflict', `there is a user called "${name}": choose another name`)
      return viewOf(user)
    },
    list: async () => (await store.list()).map(viewOf),
    setRole: (user, role, actor) => change(user, { role: roleIn(role), action: 'role_changed', details: { to: role } }, actor),
    async setPassword(user, password, actor) {
      const known = await store.find(user)
      checkNewPassword(password, known?.name ?? user)
      return change(user, { passwordHash: await hashPassword(password), action: 'password_changed' }, actor)
    },
    setActive: (user, isActive, actor) => change(user, { isActive, action: isActive ? 'user_enabled' : 'user_disabled' }, actor),
    signOut: (user, actor) => change(user, { action: 'signed_out_everywhere' }, actor),
    async changeOwn(id, { current, password }, keep, actor) {
      const stored = await store.passwordHashOf(id)
      if (stored === null) throw new Failure('conflict', 'you sign in without a password here: an admin can set one for you')
      if (!(await checkPassword(current, stored))) throw new Failure('forbidden', 'the current password is wrong')
      checkNewPassword(password, actor.name)
      await store.change(id, { passwordHash: await hashPassword(password), action: 'password_changed', keep }, actor)
      ended(id)
    },
    sessionsOf: store.sessionsOf,
    async endSession(id, tokenHash, actor) {
      const there = await store.endSession(id, tokenHash, actor)
      ended(id)
      return there
    },
    audit: async (query) => (await store.audit(query)).map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() })),
  }
}

function roleIn(text: string): Role {
  const role = roles.find((one) => one === text)
  if (role) return role
  throw new Failure('invalid_params', `the role must be ${roles.join(', ')}, got ${text.slice(0, 40)}`, {
    data: { field: 'role' },
  })
}

const viewOf = (user: StoredUser): UserView => ({
  id: user.id,
  name: user.name,
  role: user.role,
  is_active: user.isActive,
  has_password: user.hasPassword,
  subject: user.subject,
  created_at: user.createdAt.toISOString(),
  last_sign_in_at: user.lastSignInAt?.toISOString() ?? null,
  sessions: user.sessions,
})
