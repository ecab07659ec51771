/** What the server runs with, and who said so. */
import { type Settled, showConfig } from '../config.ts'
import type { Definition } from './command.ts'

export const configCommands = (settled: Settled): Definition[] => [
  {
    name: 'config',
    description:
      'Shows every setting that is in force and where it came from: a default, the file, a variable or a flag. Secrets are masked. What a setting is for, settings tells.',
    returns: '`settings`: a list of key, value and origin.',
    scope: 'admin',
    readOnly: true,
    run: () => ({ settings: showConfig(settled) }),
  },
]
