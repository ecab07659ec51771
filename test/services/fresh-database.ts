/** An empty database of a test's own. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'

export interface FreshDatabase {
  readonly url: string
  /** Ends whoever is connected and removes it. */
  drop(): Promise<void>
}

/** @param server a URL whose user may make databases */
export async function createDatabase(server: string): Promise<FreshDatabase> {
  const name = `switchyard_${randomUUID().replaceAll('-', '')}`
  await runOn(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runOn(server, `drop database if exists ${name} with (force)`) }
}

async function runOn(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
