/** The command folder from the outside: what its files offer, and how to load and unload it while the server runs. */
import { actorOf } from '../actor.ts'
import type { Json } from '../call.ts'
import { ConfigError, changedKeys, type Settled } from '../config.ts'
import { Failure } from '../errors.ts'
import { shown } from '../shown.ts'
import type { Audit } from '../store/audit.ts'
import type { Definition } from './command.ts'
import type { Found } from './folder.ts'
import type { CommandFolder } from './loader.ts'
import { reportOf } from './report.ts'

/** @param folderNow undefined where no command folder is configured @param audit told before code is loaded or taken out */
export const pluginCommands = (folderNow: () => CommandFolder | undefined, settled: Settled, audit: Audit): Definition[] => [
  {
    name: 'reload',
    description:
      'Loads the command folder anew, without a restart and without ending a session; what load and unload said before does not count any more. Tells which settings have changed since the start, for which a restart is needed.',
    returns: '`commands`: a report with total, successful, failed, errors, warnings, fixed; `restart_needed`: keys of settings.',
    scope: 'admin',
    async run(_, { caller }) {
      const folder = folderNow()
      if (folder) await audit.announce({ actor: actorOf(caller), action: 'commands_reload' })
      return { commands: folder ? reportOf(await folder.reload()) : null, ...sinceStart(settled) }
    },
  },
  {
    name: 'load',
    description:
      'Loads one file of the command folder, also one that is not loaded by itself (in a folder below it, or with a name that begins with _), and brings its commands back that unload took out.',
    params: { file: { type: 'string', description: 'Its path from the command folder on, such as orders.ts', required: true } },
    returns: '`file` and what it offers, as in plugins.',
    examples: [{ params: { file: 'orders.ts' } }],
    scope: 'admin',
    async run({ file }, { caller }) {
      const folder = sure(folderNow())
      await audit.announce({ actor: actorOf(caller), action: 'command_file_load', target: `file:${shown(String(file), 200)}` })
      return viewOf(folder, await folder.load(String(file)))[0]
    },
  },
  {
    name: 'unload',
    description:
      'Takes a command of the command folder out, until reload, load or a restart. For good, name it in commands.disabled_commands.',
    params: { name: { type: 'string', description: 'Its name', required: true } },
    returns: '`unloaded`: its name.',
    examples: [{ params: { name: 'order_find' }, result: { unloaded: 'order_find' } }],
    scope: 'admin',
    async run({ name }, { caller }) {
      const folder = sure(folderNow())
      await audit.announce({ actor: actorOf(caller), action: 'command_unload', target: `command:${shown(String(name), 200)}` })
      folder.unload(String(name))
      return { unloaded: name }
    },
  },
  {
    name: 'plugins',
    description: 'Lists the files of the command folder, what each offers, and what is wrong with it.',
    returns: '`folder`, and `files`: a list of file, commands (name, kind, description, state) and problems, warnings, fixed.',
    scope: 'admin',
    readOnly: true,
    run() {
      const folder = folderNow()
      return { folder: folder?.folder ?? null, files: folder ? viewOf(folder, folder.found()) : [] }
    },
  },
]

function sure(folder: CommandFolder | undefined): CommandFolder {
  if (folder) return folder
  throw new Failure('failed', 'there is no command folder: commands.commands_directory (--commands) names one')
}

function viewOf(folder: CommandFolder, found: readonly Found[]): Json[] {
  const files = [...new Set(found.map(({ file }) => file))]
  return files.map((file) => {
    const its = found.filter((each) => each.file === file)
    const all = (of: (each: Found) => readonly string[]) =>
      its.flatMap((each) => of(each).map((text) => (each.name === undefined ? text : `${each.name}: ${text}`)))
    return {
      file,
      commands: its.flatMap(({ definition }) => (definition ? [offered(folder, definition)] : [])),
      problems: all(({ problems }) => problems),
      warnings: all(({ warnings }) => warnings),
      fixed: all(({ fixed }) => fixed),
    }
  })
}

const offered = (folder: CommandFolder, { name, kind = 'tool', description }: Definition): Json => ({
  name,
  kind,
  description,
  state: folder.state(name),
})

/** Settings are read once, at the start. */
function sinceStart(settled: Settled): Json {
  try {
    return { restart_needed: changedKeys(settled, settled.again()) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { restart_needed: [], configuration: `cannot be used as it is now: ${error.message}` }
  }
}
