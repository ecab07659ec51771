/** What the admin API says, member by member; the panel is built against the same words. Types only. */

export interface Me {
  user: { id: string; name: string; role: string }
  scopes: readonly string[]
  /** To be sent as X-CSRF-Token with everything but GET. */
  csrf_token: string
  expires_at: string
}

/** How people can sign in here. */
export interface WaysView {
  password: true
  /** The OpenID provider; `host` is what people know it by. */
  oidc: { host: string } | null
}

export interface TokenGiven {
  access_token: string
  token_type: 'Bearer'
  /** Seconds. */
  expires_in: number
  role: string
}

export interface Problem {
  error: { code: string; message: string; details?: Record<string, unknown> }
}

export interface Component {
  status: 'ok' | 'degraded' | 'down'
  detail?: string
  [field: string]: unknown
}

export interface HealthView {
  status: 'healthy' | 'degraded' | 'starting' | 'unhealthy'
  version: string
  /** Seconds. */
  uptime: number
  components: Record<string, Component>
  /** The last ten minutes in slices of five seconds, oldest first; the last one is not over. */
  recent: { at: number; calls: number; errors: number; p95: number | null }[]
  counts: { tools: number; resources: number; prompts: number; sessions: number }
  /** Where MCP clients connect. */
  urls: { mcp: string; sse: string }
  /** Each number changes when there is something new to fetch. */
  changes: { catalog: number; calls: number; errors: number }
}

export interface ToolView {
  name: string
  title: string | null
  description: string
  input_schema: Record<string, unknown>
  output_schema: Record<string, unknown> | null
  annotations: Record<string, unknown>
  owner: string
  scope: string
  status: 'active'
}

export interface ExecutionView {
  id: string
  kind: string
  tool_name: string
  owner: string
  agent_id: null
  task_id: null
  parameters: unknown
  result: unknown
  error: string | null
  error_code: string | null
  status: 'started' | 'ok' | 'failed' | 'refused'
  /** Seconds, as the older business server has it; `ms` says the same in milliseconds. */
  execution_time: number | null
  ms: number | null
  created_at: string
  caller: { id: string; name: string }
  via: string
  session: string | null
  audit: string
}

export interface Executed {
  success: boolean
  /** The MCP result: `content`, `structuredContent`, `isError`. */
  result: Record<string, unknown> | null
  error: string | null
  error_code: string | null
  /** Seconds. */
  execution_time: number
  /** Where the call stands in the history, a quarter of a second later. */
  execution_id: string
}

/** How the registration of this server at a proxy stands. */
export interface RegistrationView {
  enabled: boolean
  registered: boolean
  server_key: string | null
  /** Where the proxy reaches this server. */
  server_url: string | null
  proxy_url: string
  server_id: string
  uuid: string
  heartbeat: 'off' | 'waiting' | 'beating' | 'unsupported'
  last_heartbeat: string | null
  failed_attempts: number
  error: string | null
  warning: string | null
}

export interface UpstreamView {
  name: string
  kind: string
  transport: string
  state: 'connected' | 'connecting' | 'stale' | 'sign_in' | 'disabled'
  since: string | null
  tools: number
  resources: number
  prompts: number
  lastConnectedAt: string | null
  nextTryAt: string | null
  error: string | null
  /** What it offers and cannot be used, a sentence each. */
  leftOut: string[]
  /** Whether requests to it are held back after too many failures; null where nothing does that. */
  breaker: 'closed' | 'open' | 'half-open' | null
  /** How many people use it in their own name now; null where all are one to it. */
  people: number | null
  server: { name: string; version: string } | null
  pid: number | null
  /** Null for a server where nobody signs in. `needed`: why somebody has to, as the end of a sentence about it. */
  signIn: { signedIn: boolean; needed: string | null } | null
}

export interface SignInBegun {
  /** The page to open. */
  url: string
}

/** A program that may act in somebody's name. */
export interface GrantView {
  id: string
  client: string | null
  /** Where its description stands; null for one that registered itself. */
  client_url: string | null
  person: string
  /** The upstream whose account it is; null for an account of this server. */
  account_of: string | null
  scopes: string[]
  created_at: string
  renewed_at: string | null
  expires_at: string
}

export interface SessionView {
  /** The first characters only: the whole id is a credential. */
  id: string
  via: string
  caller: { id: string; name: string }
  client: string | null
  protocol: string | null
  opened_at: string
  last_active_at: string
  calls: number
  busy: boolean
}

export interface SettingView {
  key: string
  value: unknown
  origin: string
}

/** Somebody who may sign in. */
export interface UserView {
  id: string
  name: string
  role: string
  is_active: boolean
  has_password: boolean
  /** Whom an OpenID provider knows them as; null where they do not sign in with one. */
  subject: string | null
  created_at: string
  /** Null: not yet. */
  last_sign_in_at: string | null
  /** Browsers that are signed in. */
  sessions: number
}

/** One thing that somebody did to the server. */
export interface AuditView {
  id: number
  at: string
  actor: string
  action: string
  target: string | null
  details: unknown
  address: string | null
}

export interface AuditPage {
  entries: readonly AuditView[]
  /** As `before`: where older ones begin. */
  next?: number
}

/** What decides over a call, in the order in which the call meets it. */
export interface ExplanationView {
  allowed: boolean
  caller: string
  tool: string
  findings: readonly { check: string; verdict: 'pass' | 'refuse' | 'unknown'; text: string }[]
}

export interface KeyView {
  id: string
  name: string
  scopes: readonly string[]
  /** Patterns of what it may call; null: whatever its scopes allow. */
  tools: readonly string[] | null
  /** Calls a window; null: as everybody. */
  rate: number | null
  state: 'active' | 'expired' | 'revoked'
  created_at: string
  created_by: string
  /** Null: never. */
  expires_at: string | null
  /** To the minute; null: not yet. */
  last_used: string | null
}

export interface NewKey {
  /** Shown this once. */
  api_key: string
  id: string
  name: string
  scopes: readonly string[]
  tools: readonly string[] | null
  rate: number | null
  expires_at: string | null
  /** About patterns that fit nothing that is offered now. */
  warnings: readonly string[]
}

export interface MarkView {
  id: string
  text: string
  field: string
  excerpt: string
}

export interface ChangeView {
  field: string
  by: 'words' | 'lines'
  pieces: readonly { op: 'same' | 'gone' | 'new' | 'skip'; text: string }[]
}

export interface PinView {
  id: string
  upstream: string
  kind: 'tool' | 'resource' | 'prompt' | 'instructions'
  name: string
  state: 'approved' | 'changed' | 'new'
  /** Whether its upstream offers it now. */
  offered: boolean
  hash: string | null
  approved_at: string | null
  approved_by: string | null
  /** What is offered now, where that is something else. */
  pending_hash: string | null
  changed_at: string | null
  marks: readonly MarkView[]
  /** Left out after the first ones of a long list. */
  changes?: readonly ChangeView[]
}

export interface PinsView {
  mode: 'off' | 'warn' | 'approve'
  counts: { all: number; changed: number; suspicious: number }
  pins: readonly PinView[]
  left_out: number
}

export interface ApprovalView {
  id: string
  caller: { id: string; name: string }
  tool: string
  owner: string
  /** Secrets masked, cut where they are long. */
  arguments: unknown
  /** Whether all of the arguments are shown, but for secrets. */
  complete: boolean
  status: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled' | 'used'
  created_at: string
  expires_at: string
  decided_at: string | null
  decided_by: string | null
  reason: string | null
  used_at: string | null
}

export interface ApprovalsView {
  /** The oldest first. */
  pending: readonly ApprovalView[]
  /** The newest first. */
  past: readonly ApprovalView[]
  /** As `before`: where older ones begin. */
  next?: string
}

export interface OwnSessionView {
  id: string
  address: string | null
  /** As it calls itself. */
  browser: string | null
  opened_at: string
  last_seen_at: string
  /** The one that asks. */
  this: boolean
}
