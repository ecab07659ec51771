/** Tells a caller without a manual what it can call and how, in the shape that command adapters answer. */
import type { Command, Json } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import type { Definition } from './command.ts'

export const helpCommands = (catalog: Catalog, version: string): Definition[] => [
  {
    name: 'help',
    description: 'Lists the commands that you may call, with their parameters; with cmdname, tells about that one alone.',
    params: {
      cmdname: { type: 'string', description: 'The command to tell about; all of them without it' },
      command: { type: 'string', description: 'Not used: a common mistake for cmdname, answered with a hint' },
    },
    returns: '`tool_info`, `help_usage` and `commands` by name; with cmdname the one entry; `hint` where `command` was given.',
    scope: 'read',
    readOnly: true,
    run({ cmdname, command }, who) {
      const tools = catalog.list('tools', who)
      if (typeof cmdname === 'string') return describe(one(tools, cmdname))
      return {
        tool_info: { name: 'switchyard', version, description: 'Tools of several systems behind one address' },
        help_usage: { description: 'Tells about one command', example: { command: 'help', params: { cmdname: 'help' } } },
        ...(command === undefined ? {} : { hint: `the parameter is called cmdname: {"cmdname": ${JSON.stringify(command)}}` }),
        commands: Object.fromEntries(tools.map((tool) => [tool.name, describe(tool)])),
      }
    },
  },
]

function one(tools: readonly Command[], name: string): Command {
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool)
    throw new Failure('invalid_arguments', `help: there is no command "${name.slice(0, 100)}"; help without cmdname lists all`)
  return tool
}

function describe({ name, owner, definition, notes }: Command): Json {
  const schema = (definition.inputSchema ?? {}) as Json
  return {
    name,
    description: definition.description ?? '',
    type: typeOf(owner),
    schema,
    params_count: Object.keys((schema.properties ?? {}) as Json).length,
    ...notes,
  }
}

const typeOf = (owner: string) => (owner === 'switchyard' ? 'built-in' : owner === 'commands' ? 'custom' : 'upstream')
