/** The history: one row for each call, written in batches, or before the tool runs where the audit is strict. */
import { and, desc, eq, ilike, or, type SQL, sql } from 'drizzle-orm'
import type { Kind, Via } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { createBuffer } from './buffer.ts'
import type { Database } from './database.ts'
import {
  type Finish,
  idOfPiece,
  insertPieces,
  insertRows,
  type NewExecution,
  rowText,
  sizeOf,
  sizeOfFinish,
  updateRows,
} from './execution-rows.ts'
import { createGroup } from './group.ts'
import { cursorOf, isUuid, positionIn } from './page.ts'
import { type Piece, RowPages } from './row-pages.ts'
import { toolExecutions as table } from './schema.ts'

export type { NewExecution } from './execution-rows.ts'

/** A row as it is read: arguments and result as values. */
export interface Execution extends Omit<NewExecution, 'parameters' | 'result'> {
  readonly parameters: unknown
  readonly result: unknown
}

export interface Query {
  /** Rows at most; 50 unless told, never more than 200. */
  limit?: number
  /** `next` of the page before. */
  before?: string
  name?: string
  status?: string
  owner?: string
  /** Anywhere in the name, the caller, the error, the arguments or the result; upper and lower case are the same. */
  text?: string
}

export interface Executions extends Service {
  /** Takes a row to be written within 250 ms. Costs a push; never throws. */
  add(row: NewExecution): void
  /** Commits the row that says a call starts. @throws when it cannot be committed: then the call must not run */
  begin(row: NewExecution): Promise<void>
  /**
   * Commits how a begun call ended. When the database is away it throws, and the row is nevertheless written as soon as
   * there is a database again.
   */
  finish(id: string, end: Omit<Finish, 'id'>): Promise<void>
  /** Newest first. @throws Failure `invalid_arguments` for a `before` that is none of ours */
  list(query?: Query): Promise<{ executions: Execution[]; next?: string }>
  get(id: string): Promise<Execution | undefined>
  /** Rows that found no room in the buffer or could not be stored, since the start. */
  lost(): number
  /** Rows not yet written. */
  waiting(): number
  /** Writes what is left, for 3 s at most. */
  stop(): Promise<void>
  check(): Health
}

const stopPatience = 3_000

export function openExecutions(database: Database, log: Log): Executions {
  const { db, pool } = database
  const insert = (rows: readonly NewExecution[]) => insertRows(pool, rows)
  const update = (rows: readonly Finish[]) => updateRows(pool, rows)
  const pages = new RowPages()
  const insertWaiting = (pieces: readonly Piece[]) => insertPieces(pool, pieces)
  const rows = createBuffer({ name: 'history', write: insertWaiting, bytesOf: ({ size }) => size, idOf: idOfPiece, log })
  const late = createBuffer({ name: 'history ends', write: update, bytesOf: sizeOfFinish, idOf: ({ id }) => id, log })
  const begins = createGroup(insert, sizeOf)
  const ends = createGroup(update, sizeOfFinish)
  const waiting = () => rows.waiting() + late.waiting() + begins.waiting() + ends.waiting()
  const lost = () => rows.lost() + late.lost()

  async function finish(id: string, end: Omit<Finish, 'id'>): Promise<void> {
    const row = { ...end, id }
    try {
      await ends.put(row)
    } catch (error) {
      late.put(row)
      throw error
    }
  }

  async function list({ limit = 50, before, name, status, owner, text }: Query = {}) {
    const wanted = Math.min(Math.max(1, Math.floor(limit)), 200)
    const found = await db
      .select()
      .from(table)
      .where(
        and(
          before === undefined ? undefined : olderThan(before),
          name === undefined ? undefined : eq(table.toolName, name),
          status === undefined ? undefined : eq(table.status, status),
          owner === undefined ? undefined : eq(table.owner, owner),
          text ? holds(text) : undefined,
        ),
      )
      .orderBy(desc(table.createdAt), desc(table.id))
      .limit(wanted + 1)
    const executions = found.slice(0, wanted).map(toExecution)
    const last = executions.at(-1)
    return found.length > wanted && last ? { executions, next: cursorOf(last.at, last.id) } : { executions }
  }

  async function get(id: string): Promise<Execution | undefined> {
    if (!isUuid(id)) return undefined
    const [found] = await db.select().from(table).where(eq(table.id, id))
    return found && toExecution(found)
  }

  async function stop(): Promise<void> {
    await Promise.all([begins.idle(), ends.idle()])
    await Promise.all([rows.stop(stopPatience), late.stop(stopPatience)])
  }

  function check(): Health {
    const trouble = rows.trouble() ?? late.trouble()
    const state = { waiting: waiting(), lost: lost() }
    const said = [trouble && `${state.waiting} rows wait: ${trouble}`, state.lost > 0 && notRecorded(state.lost)].filter(Boolean)
    return { status: trouble ? 'degraded' : 'ok', ...(said.length > 0 ? { detail: said.join('; ') } : {}), ...state }
  }

  return { add: (row) => rows.put(pages.write(rowText(row))), begin: begins.put, finish, list, get, lost, waiting, stop, check }
}

const notRecorded = (calls: number) => `${calls} ${calls === 1 ? 'call was' : 'calls were'} not recorded since the start`

function olderThan(cursor: string): SQL {
  const position = positionIn(cursor)
  if (!position) throw new Failure('invalid_arguments', 'before must be the `next` of an earlier page of this list')
  return sql`(${table.createdAt}, ${table.id}) < (${position.at}::timestamptz, ${position.id}::uuid)`
}

function holds(text: string): SQL | undefined {
  const pattern = `%${text.replaceAll('\0', '').replace(/[\\%_]/g, '\\$&')}%`
  const columns = [table.toolName, table.callerName, table.error, sql`${table.parameters}::text`, sql`${table.result}::text`]
  return or(...columns.map((column) => ilike(column, pattern)))
}

function toExecution(row: typeof table.$inferSelect): Execution {
  return {
    id: row.id,
    kind: row.kind as Kind,
    name: row.toolName,
    owner: row.owner,
    callerId: row.callerId,
    callerName: row.callerName,
    via: row.via as Via,
    session: row.session ?? undefined,
    parameters: row.parameters,
    result: row.result,
    error: row.error,
    errorCode: row.errorCode,
    status: row.status as Execution['status'],
    ms: row.executionTimeMs,
    at: row.createdAt,
    audit: row.audit as Execution['audit'],
  }
}
