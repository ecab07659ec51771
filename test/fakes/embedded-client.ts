/** Looks into the embedded database of a running process, as a guest on its socket. */
import pg from 'pg'

async function connect(dataDir: string): Promise<pg.Client> {
  const client = new pg.Client({ host: dataDir, port: 5432, user: 'postgres', password: '', database: 'postgres' })
  client.on('error', () => {}) // the process on the other side may be killed at any time
  await client.connect()
  return client
}

/** @returns the rows */
export async function query<Row extends pg.QueryResultRow>(dataDir: string, text: string): Promise<Row[]> {
  const client = await connect(dataDir)
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** Makes everybody else wait: an open transaction has the database for itself. @returns how to let go */
export async function occupy(dataDir: string): Promise<() => Promise<void>> {
  const client = await connect(dataDir)
  await client.query('begin')
  return () => client.end()
}
