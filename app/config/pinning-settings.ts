/** The settings of pins: whether what upstreams offer may change by itself. */
import { setting } from './setting.ts'
import { choice } from './shapes.ts'

export const pinningTable = {
  mode: setting(choice(['off', 'warn', 'approve']), {
    help: 'What happens when an upstream changes what it says of a tool: nothing, a warning, or its last approved form stays and cannot be called until an admin approves. See pins.md.',
    variable: 'MCP_PINNING',
    default: 'warn',
  }),
}
