/** All tables, in one place because they point at each other. Migrations in drizzle/ are generated from this file. */
import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  index,
  integer,
  json,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

export const mcp = pgSchema('mcp')
export const agents = pgSchema('agents')
export const analytics = pgSchema('analytics')
export const admin = pgSchema('admin')

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })
const createdAt = () => moment('created_at').notNull().defaultNow()

/** The history: one row a call, refused and failed ones too. */
export const toolExecutions = mcp.table(
  'tool_executions',
  {
    /** The call id that also stands in the log. */
    id: uuid('id').primaryKey(),
    /** tool, resource or prompt. */
    kind: text('kind').notNull(),
    toolName: text('tool_name').notNull(),
    /** `switchyard` or the upstream that answered; empty where nothing of that name exists. */
    owner: text('owner').notNull(),
    callerId: text('caller_id').notNull(),
    callerName: text('caller_name').notNull(),
    /** The surface that the call came through. */
    via: text('via').notNull(),
    session: text('session'),
    agentId: uuid('agent_id'),
    taskId: uuid('task_id'),
    /** Bounded and redacted. */
    parameters: jsonb('parameters'),
    result: jsonb('result'),
    error: text('error'),
    /** A code of app/errors.ts, or `tool_error` where the tool itself said isError. */
    errorCode: text('error_code'),
    /** started (strict only), ok, failed, refused. */
    status: text('status').notNull(),
    /** buffered: written in batches, so a kill may have lost the last 250 ms before it; strict: the start was committed before the tool ran. */
    audit: text('audit').notNull(),
    executionTimeMs: integer('execution_time_ms'),
    createdAt: createdAt(),
  },
  (table) => [
    // nullsFirst, here and below: that is what a plain `order by x desc` asks for, and an index sorted otherwise does not serve it.
    index('tool_executions_created_at').on(table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    index('tool_executions_tool_name').on(table.toolName, table.createdAt.desc().nullsFirst()),
  ],
)

/** What each upstream offered last, so that lists are served at once after a start, and while it is away. */
export const upstreams = mcp.table('upstreams', {
  name: text('name').primaryKey(),
  kind: text('kind').notNull(),
  /** Its initialize answer: serverInfo, capabilities, instructions, protocolVersion. */
  about: json('about'),
  lastConnectedAt: moment('last_connected_at'),
  updatedAt: moment('updated_at').notNull().defaultNow(),
})

export const upstreamLists = mcp.table(
  'upstream_lists',
  {
    upstream: text('upstream')
      .notNull()
      .references(() => upstreams.name, { onDelete: 'cascade' }),
    /** tools, resources, templates or prompts. */
    list: text('list').notNull(),
    /** As they came, to the order of their members: jsonb would sort those. */
    entries: json('entries').notNull(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.upstream, table.list] })],
)

/** Sign-ins at upstreams, and those that have been begun. Nothing in here can be read without the key of the server. */
export const upstreamSecrets = mcp.table(
  'upstream_secrets',
  {
    /** Its name in the configuration, and a hash of its URL: what belongs to one server is never sent to another. */
    upstream: text('upstream').notNull(),
    /** `account`, or `begun` and the hash of the state that comes back with the browser. */
    name: text('name').notNull(),
    /** AES-256-GCM. */
    sealed: text('sealed').notNull(),
    /** Another one with each writing, so that whoever has read it can tell whether it is still the same. */
    version: uuid('version').notNull(),
    /** Until then one process renews it, and the others wait for what comes of it. */
    busyUntil: moment('busy_until'),
    /** Null: never. */
    expiresAt: moment('expires_at'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.upstream, table.name] })],
)

/** Servers that have registered themselves here. A row is a lease: without a sign of life it ends. */
export const registrations = mcp.table(
  'registrations',
  {
    /** `<server_id>_<copy_number>` */
    serverKey: text('server_key').primaryKey(),
    serverId: text('server_id').notNull(),
    copyNumber: integer('copy_number').notNull(),
    serverUrl: text('server_url').notNull(),
    serverName: text('server_name').notNull(),
    description: text('description').notNull(),
    version: text('version'),
    /** The UUID of its instance, where it gives one. */
    uuid: text('uuid'),
    capabilities: jsonb('capabilities').notNull(),
    metadata: jsonb('metadata').notNull(),
    /** Who registered it: the id of a caller. */
    registeredBy: text('registered_by').notNull(),
    /** It has sent a heartbeat: then nothing else renews its lease. */
    beats: boolean('beats').notNull().default(false),
    registeredAt: moment('registered_at').notNull().defaultNow(),
    renewedAt: moment('renewed_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('registrations_copy').on(table.serverId, table.copyNumber),
    uniqueIndex('registrations_url').on(table.serverId, table.serverUrl),
  ],
)

/** Children that are running: with it, the next start ends what a killed Switchyard left behind. */
export const processes = mcp.table('processes', {
  id: uuid('id').primaryKey().default(sql`gen_random_uuid()`),
  /** Group leader: the whole process group is ended. */
  pid: integer('pid').notNull(),
  /** The child's start time as the kernel tells it, so that a reused pid is never mistaken for it. */
  startTime: text('start_time').notNull(),
  /** Which host it runs on: pids mean nothing elsewhere. */
  host: text('host').notNull(),
  /** The Switchyard that started it, and when that one started. */
  ownerPid: integer('owner_pid').notNull(),
  ownerStartTime: text('owner_start_time').notNull(),
  upstream: text('upstream').notNull(),
  command: text('command').notNull(),
  createdAt: createdAt(),
})

/** Tool calls that clients come back for (MCP tasks). */
export const toolTasks = mcp.table(
  'tool_tasks',
  {
    /** Also the id of the call in the history. */
    id: uuid('id').primaryKey(),
    callerId: text('caller_id').notNull(),
    toolName: text('tool_name').notNull(),
    /** working, input_required, completed, failed or cancelled. */
    status: text('status').notNull(),
    statusMessage: text('status_message'),
    /** What the tool has asked and nobody has answered, by key: JSON text. */
    questions: text('questions'),
    /** What clients have answered through another process than the one that runs it, until that one takes it. */
    replies: jsonb('replies'),
    /** JSON text, exactly as it will be given. */
    result: text('result'),
    /** The tool itself said isError. */
    isError: boolean('is_error').notNull().default(false),
    /** JSON text of a code of app/errors.ts, its sentence and its data. */
    error: text('error'),
    /** Which process runs it (app/runner.ts). */
    runner: text('runner').notNull(),
    createdAt: createdAt(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
    /** Milliseconds from its creation that it is kept. */
    ttl: integer('ttl').notNull(),
    expiresAt: moment('expires_at').notNull(),
    /** Renewed by whoever runs it; of old, the runner is gone. */
    aliveAt: moment('alive_at').notNull().defaultNow(),
  },
  (table) => [
    index('tool_tasks_caller_id').on(table.callerId, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
    index('tool_tasks_expires_at').on(table.expiresAt),
  ],
)

/** What programs and AI clients sign in with. Revoked ones stay, for the list and for whoever reads the history. */
export const apiKeys = mcp.table(
  'api_keys',
  {
    /** The eight characters that stand open in the key's text. */
    id: text('id').primaryKey(),
    /** HMAC-SHA-256 of the whole text: who reads the table cannot call with it. */
    hash: text('hash').notNull(),
    name: text('name').notNull(),
    scopes: text('scopes').array().notNull(),
    /** Patterns of tool names; null: all that its scopes allow. */
    allowedTools: text('allowed_tools').array(),
    /** Calls a window of its own; null: as everybody. */
    rateLimit: integer('rate_limit'),
    createdAt: createdAt(),
    /** Who made it: a caller's name, or `cli`. */
    createdBy: text('created_by').notNull(),
    /** Null: never. */
    expiresAt: moment('expires_at'),
    /** To the minute, and a crash may lose the last one. */
    lastUsed: moment('last_used'),
    revokedAt: moment('revoked_at'),
  },
  (table) => [uniqueIndex('api_keys_name').on(table.name).where(sql`revoked_at is null`)],
)

/** What a person gave to a client by signing in with an account of a system behind us. */
export const grants = mcp.table(
  'grants',
  {
    id: uuid('id').primaryKey(),
    /** The upstream whose account it is. */
    realm: text('realm').notNull(),
    username: text('username').notNull(),
    /** The account's password, under a key of this server. */
    sealed: text('sealed').notNull(),
    clientId: text('client_id').notNull(),
    redirectUri: text('redirect_uri').notNull(),
    challenge: text('challenge').notNull(),
    codeHash: text('code_hash').notNull().unique(),
    codeExpiresAt: moment('code_expires_at').notNull(),
    codeUsedAt: moment('code_used_at'),
    accessHash: text('access_hash').unique(),
    accessExpiresAt: moment('access_expires_at'),
    refreshHash: text('refresh_hash').unique(),
    refreshExpiresAt: moment('refresh_expires_at').notNull(),
    /** Refresh tokens that were exchanged already, the newest last. */
    spent: text('spent').array().notNull().default(sql`'{}'`),
    rotatedAt: moment('rotated_at'),
    /** The tokens that were given last, sealed: for whoever asks once more because the answer did not arrive. */
    pair: text('pair'),
    /** The person of this server who gave it; null where the account is somebody else's. */
    userId: uuid('user_id').references((): AnyPgColumn => users.id, { onDelete: 'cascade' }),
    /** What it was given for. */
    scopes: text('scopes').array().notNull().default(sql`'{read,call}'`),
    /** How the client calls itself. */
    clientName: text('client_name'),
    createdAt: createdAt(),
  },
  (table) => [index('grants_spent').using('gin', table.spent), index('grants_user_id').on(table.userId)],
)

/** What upstreams offer, as somebody approved it, and what it has become since. */
export const pins = mcp.table(
  'pins',
  {
    id: uuid('id').primaryKey().default(sql`gen_random_uuid()`),
    upstream: text('upstream').notNull(),
    /** tool, resource or prompt. */
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    /** SHA-256 of the approved form. */
    hash: text('hash').notNull(),
    /** The approved form, to the order of its members. */
    form: json('form').notNull(),
    approvedAt: moment('approved_at').notNull().defaultNow(),
    /** A caller's name, or `first sight`. */
    approvedBy: text('approved_by').notNull(),
    /** What the upstream offers now, where that is something else. */
    pendingHash: text('pending_hash'),
    pendingForm: json('pending_form'),
    changedAt: moment('changed_at'),
    /** What looks suspicious in what it offers now. */
    warnings: jsonb('warnings').notNull().default(sql`'[]'`),
  },
  (table) => [uniqueIndex('pins_name').on(table.upstream, table.kind, table.name)],
)

/** Calls that need a person's word. An approval is for one call of one tool with these arguments, once. */
export const approvals = mcp.table(
  'approvals',
  {
    id: uuid('id').primaryKey(),
    callerId: text('caller_id').notNull(),
    callerName: text('caller_name').notNull(),
    toolName: text('tool_name').notNull(),
    owner: text('owner').notNull(),
    /** As people are shown them: bounded and redacted. */
    arguments: jsonb('arguments').notNull(),
    /** SHA-256 of the tool and of the canonical form of the whole arguments. */
    hash: text('hash').notNull(),
    /** pending, approved, denied, expired, cancelled or used. */
    status: text('status').notNull(),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
    decidedAt: moment('decided_at'),
    decidedBy: text('decided_by'),
    reason: text('reason'),
    usedAt: moment('used_at'),
  },
  (table) => [
    index('approvals_status').on(table.status, table.createdAt.desc().nullsFirst()),
    index('approvals_hash').on(table.callerId, table.hash),
  ],
)

export const users = admin.table('users', {
  id: uuid('id').primaryKey().default(sql`gen_random_uuid()`),
  name: text('name').notNull().unique(),
  /** admin, operator or viewer. */
  role: text('role').notNull(),
  /** `scrypt$N$r$p$salt$hash`; null until the person has chosen one. */
  passwordHash: text('password_hash'),
  /** Issuer and subject of the OpenID provider that the person signs in with. */
  subject: text('subject').unique(),
  isActive: boolean('is_active').notNull().default(true),
  lastSignInAt: moment('last_sign_in_at'),
  createdAt: createdAt(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
})

export const sessions = admin.table(
  'sessions',
  {
    /** SHA-256 of the cookie's value: who reads the table cannot sign in with it. */
    tokenHash: text('token_hash').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    csrfToken: text('csrf_token').notNull(),
    address: text('address'),
    userAgent: text('user_agent'),
    createdAt: createdAt(),
    lastSeenAt: moment('last_seen_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('sessions_user_id').on(table.userId)],
)

/** What people did in the panel, written in the same transaction as the deed. */
export const auditLog = admin.table(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    target: text('target'),
    details: jsonb('details'),
    address: text('address'),
    createdAt: createdAt(),
  },
  (table) => [index('audit_log_created_at').on(table.createdAt.desc().nullsFirst())],
)
