/**
 * Real servers for the tests: one private PostgreSQL and one private Redis for the whole run, started here before the first file and gone after the
 * last. TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead. Where a server cannot be had, the tests that need it are left out
 * loudly; with CI=true the run fails.
 */
import { inject, type TestAPI, test } from 'vitest'
import type { TestProject } from 'vitest/node'
import { leftOut } from './missing.ts'
import { embeddedTemplate } from './services/embedded.ts'
import { createDatabase } from './services/fresh-database.ts'
import { type PostgresServer, startPostgres } from './services/postgres.ts'
import { type RedisServer, startRedis } from './services/redis.ts'

export type { FreshDatabase } from './services/fresh-database.ts'
export { type PostgresServer, startPostgres } from './services/postgres.ts'
export { type RedisServer, startRedis } from './services/redis.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server on which databases may be made; null where there is none. */
    postgresUrl: string | null
    redisUrl: string | null
    /** An embedded database's data directory, ready to be loaded. */
    embeddedTemplate: string
  }
}

/** `test`, or a skipped one where there is no PostgreSQL. */
export const withPostgres = (): TestAPI => test.skipIf(inject('postgresUrl') === null) as TestAPI
/** `test`, or a skipped one where there is no Redis. */
export const withRedis = (): TestAPI => test.skipIf(inject('redisUrl') === null) as TestAPI

/** Makes an empty database on the run's PostgreSQL. */
export const freshDatabase = () => createDatabase(inject('postgresUrl') ?? '')

const instead = 'Install it, or name a server in TEST_DATABASE_URL / TEST_REDIS_URL.'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: (PostgresServer | RedisServer)[] = []

  async function have<T extends PostgresServer | RedisServer>(name: string, given: string | undefined, start: () => Promise<T>) {
    if (given) return given
    try {
      const server = await start()
      started.push(server)
      return server.url
    } catch (error) {
      leftOut(`${name} could not be started, so EVERY TEST THAT NEEDS IT IS SKIPPED. ${instead}`, error)
      return null
    }
  }

  async function teardown(): Promise<void> {
    await Promise.all(started.map((server) => server.remove()))
  }

  try {
    project.provide('postgresUrl', await have('PostgreSQL', process.env.TEST_DATABASE_URL, startPostgres))
    project.provide('redisUrl', await have('Redis', process.env.TEST_REDIS_URL, startRedis))
    project.provide('embeddedTemplate', await embeddedTemplate())
  } catch (error) {
    await teardown()
    throw error
  }
  return teardown
}
