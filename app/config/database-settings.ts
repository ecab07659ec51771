/** Settings of the database: a PostgreSQL server, or the embedded one. */
import { databaseParts } from './parts.ts'
import { setting } from './setting.ts'
import { bytes, integer, orNull, url } from './shapes.ts'

export const databaseTable = {
  url: setting(orNull(url(['postgres', 'postgresql'], 'postgres://user:password@host:port/name')), {
    help: 'PostgreSQL to keep everything in; without it, an embedded one in the data directory.',
    variable: 'DATABASE_URL',
    parts: databaseParts,
    secret: 'url',
    default: null,
  }),
  poolSize: setting(integer(1, 500), {
    help: 'Most connections to PostgreSQL at a time.',
    variable: 'MCP_DATABASE_POOL_SIZE',
    default: 10,
  }),
  minFree: setting(bytes('0', '1000GB'), {
    help: 'Free space on the disk of the data directory below which the embedded database is only read; 0 never looks.',
    variable: 'MCP_DATABASE_MIN_FREE',
    default: '64MiB',
  }),
}
