/** How long a connection may keep us waiting, and how many there may be: settings of what comes before a request is understood. */
import { setting } from './setting.ts'
import { integer, seconds } from './shapes.ts'

export const connectionTable = {
  connections: setting(integer(10, 1_000_000), {
    help: 'Most connections to one port at a time; what comes above is closed at once.',
    variable: 'MCP_MAX_CONNECTIONS',
    default: 4_000,
  }),
  headersTimeout: setting(seconds('100ms', '5m'), {
    help: 'How long a connection may take to send the headers of a request, and a new one to send anything.',
    variable: 'MCP_HEADERS_TIMEOUT',
    default: '15s',
  }),
  bodyTimeout: setting(seconds('100ms', '1h'), {
    help: 'How long the rest of a request may take after its headers, and a WebSocket message.',
    variable: 'MCP_BODY_TIMEOUT',
    default: '30s',
  }),
  readerTimeout: setting(seconds('100ms', '1h'), {
    help: 'A client that takes nothing of its answer for so long is cut off.',
    variable: 'MCP_READER_TIMEOUT',
    default: '30s',
  }),
  ping: setting(seconds('100ms', '10m'), {
    help: 'How often clients are looked after: over WebSocket who has not answered one ping by the next is cut off; over event streams one that was silent four times is asked, and cut off after four more.',
    variable: 'MCP_PING',
    default: '15s',
  }),
}
