/** Rows of the history. */
import { randomUUID } from 'node:crypto'
import type { NewExecution } from '../../app/store/executions.ts'

let clock = Date.parse('2026-01-01T00:00:00Z')

/** A row of its own; each is a millisecond younger than the one before. */
export function row(fields: Partial<NewExecution> = {}): NewExecution {
  return {
    id: randomUUID(),
    kind: 'tool',
    name: 'echo',
    owner: 'switchyard',
    callerId: 'local',
    callerName: 'local user',
    via: 'sse',
    parameters: '{"text":"hello"}',
    result: '{"content":[]}',
    error: null,
    errorCode: null,
    status: 'ok',
    ms: 3,
    at: new Date(clock++),
    audit: 'buffered',
    ...fields,
  }
}
