/** The settings of approvals: which calls need a person's word, and whose. */
import { setting } from './setting.ts'
import { choice, list, seconds, text } from './shapes.ts'

export const approvalTable = {
  tools: setting(list(text('names or patterns of tools such as erp_delete_*', /^[^\s\p{C}]{1,200}$/u)), {
    help: 'Tools that run only when a person has approved the call; * stands for any text. See approvals.md.',
    variable: 'MCP_APPROVAL_TOOLS',
    default: [],
  }),
  destructive: setting(choice(['off', 'ask']), {
    help: 'ask wants the same for all tools of upstreams that say of themselves that they may destroy something.',
    variable: 'MCP_APPROVAL_DESTRUCTIVE',
    default: 'off',
  }),
  timeout: setting(seconds('10s', '1d'), {
    help: 'How long such a call waits for that, and how long an approval that was not used yet is good.',
    variable: 'MCP_APPROVAL_TIMEOUT',
    default: '10m',
  }),
  by: setting(list(text('panel and elicitation', /^(panel|elicitation)$/)), {
    help: 'Who is asked: admins (panel), and the person on the other side where the client can ask one (elicitation).',
    variable: 'MCP_APPROVAL_BY',
    default: ['panel', 'elicitation'],
  }),
}
