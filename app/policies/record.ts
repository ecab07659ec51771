/** Writes the history: one row a call, refused and failed ones too. */
import type { Call, Policy, Result } from '../call.ts'
import { Failure, Hidden, toFailure } from '../errors.ts'
import type { Log } from '../log.ts'
import { keepable, shortened } from '../redact.ts'
import { secrets } from '../secrets.ts'

/** What is kept of a call. `parameters` and `result` are JSON text, redacted and bounded. */
export interface Row {
  id: string
  kind: Call['command']['kind']
  name: string
  owner: string
  callerId: string
  callerName: string
  via: Call['via']
  session?: string
  parameters: string | null
  result: string | null
  error: string | null
  errorCode: string | null
  status: 'started' | 'ok' | 'failed' | 'refused'
  ms: number | null
  at: Date
  audit: 'buffered' | 'strict'
}

export type Outcome = Pick<Row, 'result' | 'error' | 'errorCode' | 'status' | 'ms'>

export interface History {
  /** Takes the row and writes it within a quarter of a second. */
  add(row: Row): void
  /** Settles when the row is committed. */
  begin(row: Row): Promise<void>
  /** Completes a row that was begun; settles when that is committed. */
  finish(id: string, outcome: Outcome): Promise<void>
}

/** Codes that say no before anything ran. */
const refusals = new Set([
  'unknown_command',
  'unknown_resource',
  'forbidden',
  'unauthorized',
  'limited',
  'invalid_arguments',
  'invalid_params',
  'too_large',
])
const longestName = 200

/**
 * @param audit `buffered` writes a finished row in a batch; `strict` commits the row before the call goes on, and refuses the call if it cannot
 * @param keep bytes kept of the arguments and of the result
 */
export const record = (history: History, { audit, keep }: { audit: 'buffered' | 'strict'; keep: number }, log: Log): Policy => {
  return (next) => {
    async function recorded(call: Call): Promise<Result> {
      const began = performance.now()
      const took = () => Math.round(performance.now() - began)
      try {
        const result = told(await next(call))
        if (!call.quiet) history.add(rowOf(call, succeeded(result, keep, took()), keep, audit))
        return result
      } catch (error) {
        const failure = reported(call, error, log)
        history.add(rowOf(call, failed(failure, took()), keep, audit))
        throw failure
      }
    }

    async function recordedFirst(call: Call): Promise<Result> {
      const began = performance.now()
      const took = () => Math.round(performance.now() - began)
      await begin(call)
      try {
        const result = told(await next(call))
        await finish(call, succeeded(result, keep, took()))
        return result
      } catch (error) {
        const failure = reported(call, error, log)
        await finish(call, failed(failure, took()))
        throw failure
      }
    }

    /** What cannot be recorded is not done. */
    async function begin(call: Call): Promise<void> {
      const row = rowOf(call, begun, keep, audit)
      try {
        await history.begin(row)
      } catch (error) {
        log.warn('call refused: its start could not be recorded', { call: call.id, name: call.command.name, error })
        throw new Failure('unavailable', `${call.command.name} was not called: the history cannot be written (audit: strict)`, {
          data: { retry_after: 5 },
          cause: error,
        })
      }
    }

    /** The start is committed; a lost end is for the log, the caller still gets the answer. */
    async function finish(call: Call, outcome: Outcome): Promise<void> {
      try {
        await history.finish(call.id, outcome)
      } catch (error) {
        log.error('the end of a call was not recorded', { call: call.id, status: outcome.status, error })
      }
    }

    if (audit === 'buffered') return recorded
    return (call) => (call.quiet ? recorded(call) : recordedFirst(call))
  }
}

/** What a tool answers is its caller's. What went wrong is different: there an upstream may repeat what we showed it. */
const told = (result: Result): Result => (result.isError === true ? secrets.maskWithin(result) : result)

const begun: Outcome = { result: null, error: null, errorCode: null, status: 'started', ms: null }

function rowOf(
  { id, command, caller, via, session, arguments: values, startedAt }: Call,
  outcome: Outcome,
  keep: number,
  audit: Row['audit'],
): Row {
  return {
    id,
    kind: command.kind,
    name: shortened(command.name, longestName),
    owner: command.owner,
    callerId: caller.id,
    callerName: caller.name,
    via,
    session,
    parameters: keepable(values, keep),
    result: outcome.result,
    error: outcome.error,
    errorCode: outcome.errorCode,
    status: outcome.status,
    ms: outcome.ms,
    at: new Date(startedAt),
    audit,
  }
}

function succeeded(result: Result, keep: number, ms: number): Outcome {
  const kept = keepable(result, keep)
  if (result.isError !== true) return { result: kept, error: null, errorCode: null, status: 'ok', ms }
  return { result: kept, error: shortened(firstText(result), 2_000), errorCode: 'tool_error', status: 'failed', ms }
}

function failed({ code, message, cause }: Failure, ms: number): Outcome {
  if (cause instanceof Hidden) return { result: null, error: cause.message, errorCode: 'forbidden', status: 'refused', ms }
  const status = refusals.has(code) ? 'refused' : 'failed'
  return { result: null, error: message.slice(0, 2_000), errorCode: code, status, ms }
}

/** What is ours goes into the log with its cause; outside it is an internal error. */
function reported(call: Call, error: unknown, log: Log): Failure {
  const failure = toFailure(error)
  if (failure.code === 'internal')
    log.error('call failed', {
      call: call.id,
      name: call.command.name,
      owner: call.command.owner,
      error: failure.cause ?? failure,
    })
  return failure
}

function firstText(result: Result): string {
  const content = Array.isArray(result.content) ? (result.content as { type?: unknown; text?: unknown }[]) : []
  const text = content.find((block) => block?.type === 'text')?.text
  return typeof text === 'string' ? text : 'the tool reported an error without a text'
}
