/** Which tool calls become tasks: in 2025-11-25 the client decides, in 2026-07-28 the server does. */
import type { Command } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Inquiry } from './handlers.ts'
import { takesTasks, tasksAbility, tasksRevision } from './task-words.ts'

export interface Choice {
  /** Milliseconds that the task is kept. */
  readonly ttl: number
  /** The run itself says when it becomes a task; any other call is one before its command runs. */
  readonly laterOn: boolean
}

/** Where the client does not ask for another time, and the bounds of what it may ask for; in milliseconds. */
const defaultTtl = 3_600_000
const longestTtl = 86_400_000
const shortestTtl = 1_000

/** Undefined for a call that is none. Throws a Failure where it must be one and cannot, or the other way round. */
export const choose = (inquiry: Inquiry, command: Command): Choice | undefined =>
  inquiry.revision === undefined ? chooseForClient(inquiry, command) : takeChoice(inquiry, command)

function chooseForClient({ client }: Inquiry, { name, task }: Command): Choice | undefined {
  if (task === undefined) return undefined
  if (takesTasks(client.abilities)) return { ttl: defaultTtl, laterOn: task === 'later' }
  if (task !== 'required') return undefined
  throw new Failure('client_lacks', `${name} runs as a task only: it is for clients that declare the extension`, {
    data: { requiredCapabilities: tasksAbility },
  })
}

/** Earlier revisions have no tasks: whatever their clients say of them is passed over. */
function takeChoice({ params, revision }: Inquiry, { name, definition }: Command): Choice | undefined {
  if (revision !== tasksRevision) return undefined
  const { taskSupport } = isObject(definition.execution) ? definition.execution : {}
  const { task } = params
  if (task === undefined) {
    if (taskSupport !== 'required') return undefined
    throw new Failure('unknown_method', `${name} runs as a task only: call it with params.task`)
  }
  if (taskSupport !== 'required' && taskSupport !== 'optional')
    throw new Failure('unknown_method', `${name} does not run as a task: call it without params.task`)
  return { ttl: ttlIn(task), laterOn: false }
}

function ttlIn(task: unknown): number {
  // For ever is not to be had.
  const ttl = isObject(task) ? (task.ttl === null ? longestTtl : (task.ttl ?? defaultTtl)) : undefined
  if (typeof ttl !== 'number' || !(ttl >= 0))
    throw new Failure('invalid_params', 'params.task must be an object; ttl in it, the milliseconds that it is kept, a number')
  return Math.round(Math.min(Math.max(ttl, shortestTtl), longestTtl))
}
