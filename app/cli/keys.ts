/** `switchyard keys`: API keys made, listed and revoked, straight in the database, whether a server runs on it or not. */
import type { Scope } from '../call.ts'
import { type Config, loadConfig, processSources } from '../config.ts'
import { Failure } from '../errors.ts'
import type { KeyView } from '../keys/view.ts'
import { day, usualDays } from '../keys/wish.ts'
import { createKeys, type Keys } from '../keys.ts'
import type { Life } from '../lifecycle.ts'
import { silent } from '../log.ts'
import { allScopes, usualScopes } from '../scopes.ts'
import { createKeyStore, openDatabase } from '../store/index.ts'
import { row, widthsOf } from './columns.ts'
import { WrongUse } from './read.ts'
import { openScreen } from './screen.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'

export const keys: Verb = {
  name: 'keys',
  words: ['create|list|revoke', '[KEY]'],
  summary: 'Make, list and revoke the API keys that clients sign in with.',
  about: [
    'create prints the new key, and nothing else, on stdout. It is shown this once: the database keeps only a fingerprint of it. A server on the same database accepts it at once, if it has the same SECRET_KEY.',
    'revoke takes the name or the id of a key, and ends it for good. Whoever uses it is refused within five seconds.',
    'All three work on the database of the configuration, or on the embedded one in the data directory, also while a server uses it.',
  ],
  flags: [
    { name: 'name', value: 'NAME', help: 'create: whose key it is.' },
    {
      name: 'scope',
      value: 'SCOPES',
      help: `create: what it may do, some of ${allScopes.join(',')}; none includes another.`,
      default: usualScopes.join(','),
    },
    {
      name: 'tools',
      value: 'PATTERN',
      many: true,
      help: 'create: what it may see and call, such as shop_*; may be given more than once. Without it: whatever its scopes allow.',
    },
    {
      name: 'rate',
      value: 'N',
      help: 'create: calls that it may make in one window of the rate limit, where that differs from the setting.',
    },
    { name: 'expires', value: 'TIME', help: 'create: when it stops working: 90d, 12h, 30m, or never.', default: `${usualDays}d` },
    { name: 'json', help: 'list: print a JSON list instead, for programs.' },
  ],
  examples: [
    ['keys create --name claude-anna', 'A key for a client that lists and calls tools.'],
    [
      'keys create --name backup --scope read,admin --expires never',
      'One that may read the history, for as long as it is needed.',
    ],
    ['keys list', 'What there is, and when it was used last.'],
    ['keys revoke claude-anna', 'End one.'],
  ],
  run,
}

/** Who the audit log says it was: whoever can read the configuration. */
const actor = 'cli'

interface Order {
  readonly flags: Record<string, unknown>
  /** Name or id, for who revokes. */
  readonly wanted: string
  readonly env: Record<string, string | undefined>
}

interface Action {
  readonly usage: string
  /** Those of the flags above that say something to it. */
  readonly flags: readonly string[]
  /** Whether a word comes after it. */
  readonly takesKey: boolean
  run(keys: Keys, order: Order): Promise<void>
}

const actions: Readonly<Record<string, Action>> = {
  create: {
    usage: 'keys create --name NAME',
    flags: ['name', 'scope', 'tools', 'rate', 'expires'],
    takesKey: false,
    run: create,
  },
  list: { usage: 'keys list', flags: ['json'], takesKey: false, run: list },
  revoke: { usage: 'keys revoke KEY', flags: [], takesKey: true, run: revoke },
}

async function run({ flags, words: [word = '', wanted] }: Given): Promise<number> {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined
  if (!action) throw new WrongUse(`keys takes ${Object.keys(actions).join(', ')}, got ${word}`)
  const problem = problemWith(action, flags, wanted)
  if (problem) throw new WrongUse(`keys ${word} ${problem}: switchyard ${action.usage}`)
  const sources = processSources(flags)
  const { config } = loadConfig(sources)
  return runTask(silent, async (life) => {
    await action.run(await openKeys(config, life), { flags, wanted: wanted ?? '', env: sources.env })
    return 0
  })
}

/** What is meant for another action would be passed over in silence, and somebody would think that it counted. */
function problemWith(action: Action, given: Record<string, unknown>, wanted: string | undefined): string | undefined {
  const stray = keys.flags.find(({ name }) => given[name] !== undefined && !action.flags.includes(name))
  if (stray) return `takes no --${stray.name}`
  if (action.flags.includes('name') && given.name === undefined) return 'needs a name'
  if (action.takesKey && wanted === undefined) return 'needs the name or the id of a key'
  return !action.takesKey && wanted !== undefined ? 'takes no word after it' : undefined
}

async function openKeys({ database, dataDir, secretKey }: Config, life: Life): Promise<Keys> {
  const opened = await life.start('database', () => openDatabase({ ...database, dataDir, log: silent }))
  const { status, detail } = await opened.check()
  if (status !== 'ok') throw new Failure('unavailable', `the database cannot be used: ${detail}`)
  return createKeys({ store: createKeyStore(opened), secretKey, log: silent })
}

async function create(keys: Keys, { flags }: Order): Promise<void> {
  const { name, scope = usualScopes.join(','), tools, rate, expires = `${usualDays}d` } = flags
  const scopes = String(scope).split(',') as Scope[]
  const { text, key } = await keys.create(
    { name: String(name), scopes, tools: tools as string[] | undefined, rate: rateIn(rate), life: lifeIn(String(expires)) },
    actor,
  )
  process.stdout.write(`${text}\n`)
  process.stderr.write(
    `This is the key ${key.name}, for ${key.scopes.join(' and ')}; ${key.expires_at ? `it expires on ${dayOf(key.expires_at)}` : 'it never expires'}.\n` +
      'It is not shown again. A client sends it with every request, as the header Authorization: Bearer KEY\n',
  )
}

async function list(keys: Keys, { flags, env }: Order): Promise<void> {
  const all = await keys.list()
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
    return
  }
  const screen = openScreen(process.stdout, env)
  const cells = [['NAME', 'ID', 'SCOPES', 'TOOLS', 'RATE', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE'], ...all.map(cellsOf)]
  const widths = widthsOf(cells, { width: screen.width, gives: 0 })
  for (const [index, each] of cells.entries()) {
    const line = row(each, widths)
    screen.write(`${index === 0 || all[index - 1]?.state !== 'active' ? screen.paint('grey', line) : line}\n`)
  }
}

async function revoke(keys: Keys, { wanted }: Order): Promise<void> {
  const { name, id } = await keys.revoke(wanted, actor)
  process.stderr.write(`The key ${name} (${id}) is revoked.\n`)
}

const cellsOf = ({ name, id, scopes, tools, rate, created_at, expires_at, last_used, state }: KeyView): string[] => [
  name,
  id,
  scopes.join(','),
  tools?.join(',') ?? 'all',
  rate === null ? 'usual' : String(rate),
  dayOf(created_at),
  expires_at ? dayOf(expires_at) : 'never',
  last_used ? `${dayOf(last_used)} ${last_used.slice(11, 16)}` : 'not yet',
  state,
]

const dayOf = (moment: string) => moment.slice(0, 10)

function rateIn(text: unknown): number | undefined {
  if (text === undefined) return undefined
  const rate = Number(text)
  if (Number.isInteger(rate)) return rate
  throw new WrongUse(`--rate must be a number of calls, got ${text}`)
}

const units = { m: 60_000, h: 3_600_000, d: day }

/** Milliseconds; null for `never`. */
function lifeIn(text: string): number | null {
  if (text === 'never') return null
  const [, digits, unit] = /^(\d{1,9})([mhd])$/.exec(text) ?? []
  if (!unit) throw new WrongUse(`--expires must be a number with d, h or m behind it (90d), or never, got ${text}`)
  return Number(digits) * units[unit as keyof typeof units]
}
