/** The settings of what callers may do. */
import { accessRules } from './access-rules.ts'
import { setting } from './setting.ts'
import { choice } from './shapes.ts'

export const accessTable = {
  default: setting(choice(['allow', 'deny']), {
    help: 'What holds for a caller and a tool, resource or prompt that no rule fits. Scopes hold in any case.',
    variable: 'MCP_ACCESS_DEFAULT',
    default: 'allow',
  }),
  rules: setting(accessRules, {
    help: 'Who may see and call what, and with which arguments: the first rule that fits decides. See access.md.',
    variable: 'MCP_ACCESS_RULES',
    default: [],
  }),
}
