/** A tool call that its client comes back for, as it is kept and as it is read. */
import type { Json, Questions } from '../call.ts'

export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled'

export interface NewTask {
  /** A UUID that nobody can guess. */
  readonly id: string
  readonly callerId: string
  readonly toolName: string
  /** Milliseconds that it is kept. */
  readonly ttl: number
  /** Of app/runner.ts. */
  readonly runner: string
}

/** What is said of a task in a list. */
export interface TaskEntry extends NewTask {
  readonly status: TaskStatus
  readonly statusMessage?: string
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Its result says isError. */
  readonly isError: boolean
  /** Nobody has said for a minute that it runs, though it should. */
  readonly silent: boolean
}

export interface Task extends TaskEntry {
  /** What its tool has asked, by key. */
  readonly questions: Questions
  /** Answers that whoever runs it has not taken yet. */
  readonly replies: TaskReplies
  /** JSON text. */
  readonly result?: string
  readonly error?: TaskError
}

/** A Failure, as it is kept. */
export interface TaskError {
  readonly code: string
  readonly message: string
  readonly data?: Json
}

/** An answer to a question, or why there is none. */
export type TaskReply = { readonly answer: Json } | { readonly refused: { readonly message: string; readonly data?: Json } }
export type TaskReplies = Readonly<Record<string, TaskReply>>

/** What becomes of a task that runs. */
export type TaskState =
  | { readonly status: 'working'; readonly message?: string }
  | { readonly status: 'input_required'; readonly questions: Questions }
  | { readonly status: 'completed'; readonly result: string; readonly isError: boolean; readonly message?: string }
  | { readonly status: 'failed'; readonly error: TaskError }

export interface TaskRow {
  id: string
  caller_id: string
  tool_name: string
  status: TaskStatus
  status_message: string | null
  is_error: boolean
  runner: string
  ttl: number
  created_at: Date
  updated_at: Date
  silent: boolean
  questions?: string | null
  replies?: TaskReplies | null
  result?: string | null
  error?: string | null
}

/** For a list; results may be long. */
export const entryColumns = `id, caller_id, tool_name, status, status_message, is_error, runner, ttl, created_at, updated_at,
  alive_at < now() - interval '60 seconds' as silent`
export const taskColumns = `${entryColumns}, questions, replies, result, error`

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    callerId: row.caller_id,
    toolName: row.tool_name,
    status: row.status,
    statusMessage: row.status_message ?? undefined,
    isError: row.is_error,
    runner: row.runner,
    ttl: row.ttl,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    silent: row.silent,
    questions: row.questions ? (JSON.parse(row.questions) as Questions) : {},
    replies: row.replies ?? {},
    result: row.result ?? undefined,
    error: row.error ? (JSON.parse(row.error) as TaskError) : undefined,
  }
}

/** Status, message, questions, result, whether that is an error, error: what a state changes in its row. */
export function valuesOf(state: TaskState): unknown[] {
  switch (state.status) {
    case 'working':
      return [state.status, withoutNul(state.message), null, null, false, null]
    case 'input_required':
      return [state.status, null, JSON.stringify(state.questions), null, false, null]
    case 'completed':
      return [state.status, withoutNul(state.message), null, state.result, state.isError, null]
    case 'failed':
      return [state.status, withoutNul(state.error.message), null, null, false, JSON.stringify(state.error)]
  }
}

/** The one character that a text in PostgreSQL cannot have. */
const withoutNul = (text: string | undefined): string | null => text?.replaceAll('\0', '\ufffd') ?? null
