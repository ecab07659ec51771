/** Any number of history rows in one statement with one parameter: JSON text, taken apart by PostgreSQL. */
import type pg from 'pg'
import type { Kind, Via } from '../call.ts'
import { storable } from './json-text.ts'
import { jsonbList, type Piece } from './row-pages.ts'

/** A row as it is handed in. */
export interface NewExecution {
  /** The call's UUID. */
  readonly id: string
  readonly kind: Kind
  readonly name: string
  readonly owner: string
  readonly callerId: string
  readonly callerName: string
  readonly via: Via
  readonly session?: string
  /** JSON text, redacted and bounded already; null where there are none. */
  readonly parameters: string | null
  readonly result: string | null
  readonly error: string | null
  readonly errorCode: string | null
  readonly status: 'started' | 'ok' | 'failed' | 'refused'
  readonly ms: number | null
  readonly at: Date
  readonly audit: 'buffered' | 'strict'
}

/** How a call ended. */
export type Finish = Pick<NewExecution, 'id' | 'result' | 'error' | 'errorCode' | 'status' | 'ms'>

/** Bytes, roughly: what JSON.stringify would say costs more than it is worth. */
export const sizeOf = (row: NewExecution) => 400 + (row.parameters?.length ?? 0) + sizeOfFinish(row)
export const sizeOfFinish = (row: Finish) => 200 + (row.result?.length ?? 0) + (row.error?.length ?? 0)

const insert = `insert into mcp.tool_executions
  (id, kind, tool_name, owner, caller_id, caller_name, via, session, parameters, result, error, error_code, status, execution_time_ms, created_at, audit)
  select id, kind, name, owner, "callerId", "callerName", via, session, parameters, result, error, "errorCode", status, ms, at, audit
  from jsonb_to_recordset($1::jsonb) as row (id uuid, kind text, name text, owner text, "callerId" text, "callerName" text, via text, session text,
    parameters jsonb, result jsonb, error text, "errorCode" text, status text, ms integer, at timestamptz, audit text)
  on conflict (id) do nothing`

const update = `update mcp.tool_executions as execution
  set result = row.result, error = row.error, error_code = row."errorCode", status = row.status, execution_time_ms = row.ms
  from jsonb_to_recordset($1::jsonb) as row (id uuid, result jsonb, error text, "errorCode" text, status text, ms integer)
  where execution.id = row.id`

/** The row as text, for those that wait as bytes. */
export const rowText = (row: NewExecution): string => storable(newRow(row))

/** Which row it is: its text ends with its id. */
export const idOfPiece = (piece: Piece): string => piece.toString().slice(-38, -2)

/** Writes new rows that have waited as bytes. */
export async function insertPieces(pool: pg.Pool, pieces: readonly Piece[]): Promise<void> {
  await pool.query(insert, [jsonbList(pieces)])
}

/** Writes new rows. A row that is there already is left alone, so that a write whose answer was lost may be repeated. */
export const insertRows = (pool: pg.Pool, rows: readonly NewExecution[]): Promise<void> => write(pool, insert, rows.map(newRow))

/** Writes how calls ended whose rows are there. */
export const updateRows = (pool: pg.Pool, rows: readonly Finish[]): Promise<void> => write(pool, update, rows.map(endedRow))

async function write(pool: pg.Pool, statement: string, rows: readonly string[]): Promise<void> {
  await pool.query(statement, [storable(`[${rows.join()}]`)])
}

/**
 * Written out member by member: JSON.stringify of a copy costs eight times as much, on every call. `parameters` and `result` are JSON text
 * already; ids and our own words have nothing in them to be escaped.
 */
function newRow(row: NewExecution): string {
  const { id, kind, name, owner, callerId, callerName, via, session = null, parameters, at, audit } = row
  return `{"kind":"${kind}","name":${named(name)},"owner":${named(owner)},"callerId":${named(callerId)},"callerName":${named(callerName)},"via":"${via}","session":${quoted(session)},"parameters":${parameters},"at":"${timeText(at)}","audit":"${audit}",${ending(row)},"id":"${id}"}`
}

const endedRow = (row: Finish): string => `{${ending(row)},"id":"${row.id}"}`

function ending({ result, error, errorCode, status, ms }: Finish): string {
  return `"result":${result},"error":${quoted(error)},"errorCode":${quoted(errorCode)},"status":"${status}","ms":${ms === null ? null : Math.round(ms)}`
}

/** Names come back with every call. */
const known = new Map<string, string>()
const mostKnown = 5_000

function named(text: string): string {
  let told = known.get(text)
  if (told === undefined) {
    told = JSON.stringify(text)
    if (known.size < mostKnown) known.set(text, told)
  }
  return told
}

let second = -1
let secondText = ''

/** As toISOString says it, which costs more than the rest of a row; within a second only the last digits change. */
function timeText(at: Date): string {
  const time = at.getTime()
  const ms = time % 1000
  if (time - ms !== second) {
    second = time - ms
    secondText = at.toISOString().slice(0, -4)
  }
  return `${secondText}${String(ms).padStart(3, '0')}Z`
}

const quoted = (text: string | null): string => (text === null ? 'null' : JSON.stringify(text))
