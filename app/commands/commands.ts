/** A flat list of everything that can be called, for programs. */
import type { Catalog } from '../catalog.ts'
import type { Definition } from './command.ts'

export const commandCommands = (catalog: Catalog): Definition[] => [
  {
    name: 'commands',
    description: 'Lists the commands that you may call: our own, those of the command folder and the tools of all upstreams.',
    returns: '`commands`: a list of name, description, owner, scope and schema (of the parameters).',
    scope: 'read',
    readOnly: true,
    run: (_, who) => ({
      commands: catalog.list('tools', who).map(({ name, owner, scope, definition }) => ({
        name,
        description: definition.description ?? '',
        owner,
        scope,
        schema: definition.inputSchema ?? {},
      })),
    }),
  },
]
