/** `switchyard users`: the people who may sign in, straight in the database, whether a server runs on it or not. */
import { type Config, loadConfig, processSources } from '../config.ts'
import { Failure } from '../errors.ts'
import type { Life } from '../lifecycle.ts'
import { silent } from '../log.ts'
import { roles } from '../roles.ts'
import { createUserStore, openDatabase } from '../store/index.ts'
import { createUsers, type Users, type UserView } from '../users.ts'
import { row, widthsOf } from './columns.ts'
import { WrongUse } from './read.ts'
import { openScreen } from './screen.ts'
import { askSecret, secretFromStdin } from './secret.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'

export const users: Verb = {
  name: 'users',
  words: ['create|password|role|disable|enable|sign-out|list', '[NAME]'],
  summary: 'Look after the people who sign in to the panel.',
  about: [
    'create makes an account, password gives it a new password, role another role, disable and enable take it out of force and back, sign-out ends its sessions everywhere, list shows all. Whatever changes an account ends its sessions and tokens, on every replica within five seconds.',
    'A password is asked for in a terminal, or read from stdin with --password-stdin. All of it works on the database of the configuration, or on the embedded one in the data directory, also while a server uses it. The last admin who can sign in stays one.',
  ],
  flags: [
    {
      name: 'role',
      value: 'ROLE',
      help: `create, role: ${roles.join(', ')}. Admins look after the server, operators call tools, viewers look.`,
    },
    { name: 'password-stdin', help: 'create, password: read the password from stdin.' },
    { name: 'json', help: 'list: print a JSON list instead, for programs.' },
  ],
  examples: [
    ['users create anna --role operator', 'Make an account; the password is asked for.'],
    ['users password anna --password-stdin < password.txt', 'A new password, from a file.'],
    ['users sign-out anna', 'End all her sessions.'],
  ],
  run,
}

/** Who the audit log says it was: whoever can read the configuration. */
const actor = { name: 'cli' }

interface Order {
  readonly name: string
  readonly flags: Record<string, unknown>
  readonly env: Record<string, string | undefined>
}

interface Action {
  /** Those of the flags above that say something to it. */
  readonly flags: readonly string[]
  readonly takesName: boolean
  /** What has to be known before a database is opened. */
  prepare?(order: Order): Promise<string>
  run(users: Users, order: Order, prepared: string): Promise<void>
}

const actions: Readonly<Record<string, Action>> = {
  create: { flags: ['role', 'password-stdin'], takesName: true, prepare: password, run: create },
  password: {
    flags: ['password-stdin'],
    takesName: true,
    prepare: password,
    run: async (users, { name }, secret) => say(await users.setPassword(name, secret, actor), 'has a new password'),
  },
  role: {
    flags: ['role'],
    takesName: true,
    run: async (users, { name, flags }) =>
      say(await users.setRole(name, String(flags.role ?? ''), actor), `is ${flags.role} now`),
  },
  disable: {
    flags: [],
    takesName: true,
    run: async (users, { name }) => say(await users.setActive(name, false, actor), 'is disabled'),
  },
  enable: {
    flags: [],
    takesName: true,
    run: async (users, { name }) => say(await users.setActive(name, true, actor), 'is enabled'),
  },
  'sign-out': {
    flags: [],
    takesName: true,
    run: async (users, { name }) => say(await users.signOut(name, actor), 'is signed out everywhere'),
  },
  list: { flags: ['json'], takesName: false, run: list },
}

async function run({ flags, words: [word = '', name] }: Given): Promise<number> {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined
  if (!action) throw new WrongUse(`users takes ${Object.keys(actions).join(', ')}, got ${word}`)
  const stray = users.flags.find((flag) => flags[flag.name] !== undefined && !action.flags.includes(flag.name))
  if (stray) throw new WrongUse(`users ${word} takes no --${stray.name}`)
  if (action.takesName !== (name !== undefined))
    throw new WrongUse(action.takesName ? `users ${word} needs the name of a user` : `users ${word} takes no word after it`)
  if ((word === 'create' || word === 'role') && !roles.some((role) => role === flags.role))
    throw new WrongUse(`users ${word} needs --role ${roles.join(', ')}, got ${flags.role ?? 'none'}`)
  const sources = processSources(flags)
  const { config } = loadConfig(sources)
  const order = { name: name ?? '', flags, env: sources.env }
  const prepared = (await action.prepare?.(order)) ?? ''
  return runTask(silent, async (life) => {
    await action.run(await openUsers(config, life), order, prepared)
    return 0
  })
}

async function openUsers({ database, dataDir }: Config, life: Life): Promise<Users> {
  const opened = await life.start('database', () => openDatabase({ ...database, dataDir, log: silent }))
  const { status, detail } = await opened.check()
  if (status !== 'ok') throw new Failure('unavailable', `the database cannot be used: ${detail}`)
  return createUsers({ store: createUserStore(opened) })
}

function password({ flags }: Order): Promise<string> {
  return flags['password-stdin'] ? secretFromStdin(process.stdin) : askSecret(process.stdin, process.stderr)
}

async function create(users: Users, { name, flags }: Order, secret: string): Promise<void> {
  const user = await users.create({ name, role: String(flags.role), password: secret }, actor)
  say(user, `may sign in, as ${user.role}`)
}

const say = ({ name }: UserView, what: string): void => void process.stderr.write(`${name} ${what}.\n`)

async function list(users: Users, { flags, env }: Order): Promise<void> {
  const all = await users.list()
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
    return
  }
  const screen = openScreen(process.stdout, env)
  const cells = [['NAME', 'ROLE', 'SIGNS IN WITH', 'SESSIONS', 'LAST SIGN-IN', 'STATE'], ...all.map(cellsOf)]
  const widths = widthsOf(cells, { width: screen.width, gives: 0 })
  for (const [index, each] of cells.entries()) {
    const line = row(each, widths)
    screen.write(`${index === 0 || !all[index - 1]?.is_active ? screen.paint('grey', line) : line}\n`)
  }
}

const cellsOf = ({ name, role, has_password, subject, sessions, last_sign_in_at, is_active }: UserView): string[] => [
  name,
  role,
  [...(has_password ? ['password'] : []), ...(subject ? ['provider'] : [])].join(', ') || 'nothing yet',
  String(sessions),
  last_sign_in_at ? `${last_sign_in_at.slice(0, 10)} ${last_sign_in_at.slice(11, 16)}` : 'not yet',
  is_active ? 'active' : 'disabled',
]
