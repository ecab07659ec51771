/** The table of settings, for whoever wants to change one: what each is for, what it may be, what it is now. */
import { describeSettings, type Settled } from '../config.ts'
import type { Definition } from './command.ts'

export const settingCommands = (settled: Settled): Definition[] => [
  {
    name: 'settings',
    description:
      'Describes the settings: what each is for, what it may be, its variable, its value now and where that came from. Secrets are masked. For the values alone, and the upstreams, use config.',
    params: {
      prefix: { type: 'string', description: 'Only settings whose key begins like this, such as server or limits.body' },
    },
    returns: '`settings`: a list of key, value, origin, help, expected, variable and default.',
    examples: [{ description: 'The ports and addresses', params: { prefix: 'server' } }],
    scope: 'admin',
    readOnly: true,
    run: ({ prefix = '' }) => ({ settings: describeSettings(settled).filter(({ key }) => key.startsWith(String(prefix))) }),
  },
]
