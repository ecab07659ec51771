/** The commands of our own, all of them: after adding a file here, add it to this list. */
import type { Approvals } from '../approvals.ts'
import type { Consents } from '../authorization/consents.ts'
import type { Catalog } from '../catalog.ts'
import type { Settled } from '../config.ts'
import type { Explain } from '../explain.ts'
import type { Health } from '../health.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Keys } from '../keys.ts'
import type { Sessions } from '../mcp/sessions.ts'
import type { Pins } from '../pins.ts'
import type { ProxyRegistration } from '../proxy.ts'
import type { Audit } from '../store/audit.ts'
import type { Executions } from '../store/executions.ts'
import type { SignIns } from '../upstreams/oauth/index.ts'
import type { Users } from '../users.ts'
import { approvalCommands } from './approvals.ts'
import { buildCommands } from './build.ts'
import type { Definition } from './command.ts'
import { commandCommands } from './commands.ts'
import { configCommands } from './config.ts'
import { echoCommands } from './echo.ts'
import { executionCommands } from './executions.ts'
import { explainCommands } from './explain.ts'
import { grantCommands } from './grants.ts'
import { healthCommands } from './health.ts'
import { helpCommands } from './help.ts'
import { keyCommands } from './keys.ts'
import type { CommandFolder } from './loader.ts'
import { longTaskCommands } from './long-task.ts'
import { pinCommands } from './pins.ts'
import { pluginCommands } from './plugins.ts'
import { queueCommands } from './queue.ts'
import { registrationCommands } from './registration.ts'
import { settingCommands } from './settings.ts'
import { type Places, transportCommands } from './transports.ts'
import { upstreamCommands } from './upstreams.ts'
import { userCommands } from './users.ts'

export { type CommandFolder, openCommands } from './loader.ts'

export interface Needs {
  readonly version: string
  readonly catalog: Catalog
  readonly health: Health
  readonly settled: Settled
  /** Told of what is about to be done, where that is no change of the database. */
  readonly audit: Audit
  readonly executions: Pick<Executions, 'list' | 'get'>
  readonly keys: Keys
  readonly consents: Consents
  readonly explain: Explain
  readonly pins: Pins
  readonly approvals: Approvals
  readonly users: Users
  /** How each upstream is doing now, as it is shown. */
  readonly upstreams: () => readonly object[]
  readonly signIns: SignIns
  /** Our registration at a proxy, which begins when the port is open. */
  readonly proxy: () => Pick<ProxyRegistration, 'status' | 'register' | 'unregister'>
  /** Without them there are no commands about jobs. */
  readonly jobs?: Jobs
  readonly sessions: Pick<Sessions, 'list'>
  /** The command folder, once it is open; undefined where there is none. */
  readonly folder: () => CommandFolder | undefined
  readonly places: () => Places
}

/** Offers them all, but for those that the configuration leaves out. */
export function offerOwnCommands(needs: Needs): void {
  const { disabled } = needs.settled.config.commands
  const wanted = ownCommands(needs).filter(({ name }) => !disabled.includes(name))
  needs.catalog.offer('switchyard', buildCommands(wanted, 'switchyard'))
}

/** All of them, whatever the configuration says. */
export const ownCommands = ({ version, catalog, health, settled, ...needs }: Needs): Definition[] => [
  ...echoCommands(),
  ...helpCommands(catalog, version),
  ...healthCommands(health, catalog),
  ...configCommands(settled),
  ...commandCommands(catalog),
  ...executionCommands(needs.executions),
  ...keyCommands(needs.keys, catalog),
  ...grantCommands(needs.consents),
  ...explainCommands(needs.explain),
  ...pinCommands(needs.pins, catalog),
  ...approvalCommands(needs.approvals),
  ...userCommands(needs.users),
  ...upstreamCommands(needs.upstreams, needs.signIns),
  ...longTaskCommands(),
  ...(needs.jobs ? queueCommands(needs.jobs) : []),
  ...settingCommands(settled),
  ...pluginCommands(needs.folder, settled, needs.audit),
  ...transportCommands(settled, needs.sessions, needs.places),
  ...registrationCommands(needs.proxy, needs.audit),
]
