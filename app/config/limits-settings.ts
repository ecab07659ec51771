/** How often, how many at a time and how large: the settings of what one caller or one address may use up. */
import { connectionTable } from './connection-settings.ts'
import { setting } from './setting.ts'
import { bytes, integer, seconds } from './shapes.ts'

/** In sliding windows. */
export const rateLimitTable = {
  requests: setting(integer(0, 1_000_000), {
    help: 'Calls that one caller may make in a window, unless its key says otherwise; 0 is no limit.',
    variable: 'RATE_LIMIT_REQUESTS',
    default: 600,
  }),
  window: setting(seconds('1s', '1d'), {
    help: 'Length of that window.',
    variable: 'RATE_LIMIT_WINDOW',
    default: '60s',
  }),
  perAddress: setting(integer(0, 10_000_000), {
    help: 'Requests that may come from one address in a window, whoever makes them; 0 is no limit. This machine has none.',
    variable: 'RATE_LIMIT_PER_ADDRESS',
    default: 3_000,
  }),
  wrongCredentials: setting(integer(0, 1_000_000), {
    help: 'Wrong credentials that may come from one address in a window, before others from there are looked at no more; 0 is no limit.',
    variable: 'RATE_LIMIT_WRONG_CREDENTIALS',
    default: 60,
  }),
}

/** At any one time, and of one request. */
export const limitsTable = {
  body: setting(bytes('1KiB', '1GiB'), {
    help: 'Largest request.',
    variable: 'MCP_MAX_BODY',
    default: '4MiB',
  }),
  sessions: setting(integer(1, 1_000_000), {
    help: 'Most MCP sessions at a time.',
    variable: 'MCP_MAX_SESSIONS',
    default: 1000,
  }),
  sessionsPerKey: setting(integer(1, 1_000_000), {
    help: 'Most MCP sessions of one caller at a time; the one that is idle longest makes room for another.',
    variable: 'MCP_MAX_SESSIONS_PER_KEY',
    default: 50,
  }),
  sessionIdle: setting(seconds('1s', '7d'), {
    help: 'A session that nobody used for so long is closed.',
    variable: 'MCP_SESSION_IDLE',
    default: '30m',
  }),
  callTimeout: setting(seconds('100ms', '1d'), {
    help: 'Longest run of one call.',
    variable: 'MCP_CALL_TIMEOUT',
    default: '30s',
  }),
  history: setting(bytes('0', '16MiB'), {
    help: "How much of each call's arguments and of its result the history keeps.",
    variable: 'MCP_HISTORY_BYTES',
    default: '16KiB',
  }),
  concurrentPerCaller: setting(integer(0, 1_000_000), {
    help: 'Calls of one caller that may run at the same time; 0 is no limit.',
    variable: 'MCP_CONCURRENT_PER_CALLER',
    default: 100,
  }),
  loopLag: setting(seconds('0s', '1m'), {
    help: 'How late the event loop may be before new work is refused until it has caught up; 0 never refuses.',
    variable: 'MCP_LOOP_LAG',
    default: '200ms',
  }),
  ...connectionTable,
}
