/** Everything that is kept, and where. */

export { type Bus, openBus } from './bus.ts'
export { type Database, openDatabase } from './database.ts'
export { type Executions, openExecutions } from './executions.ts'
export { createGrantStore } from './grants.ts'
export { createKeyStore } from './keys.ts'
export { createPeopleStore } from './people.ts'
export { openRedis } from './redis.ts'
export { createRegistrationStore } from './registrations.ts'
export { createToolTasks } from './tool-tasks.ts'
export { createUpstreamSecrets } from './upstream-secrets.ts'
export { createWindows } from './windows.ts'
