/** Checks arguments against the command's JSON Schema before anything runs, and against bounds that no schema can lift. */
import type { Call, Json, Policy } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'
import { createSchemas } from '../schemas.ts'

/**
 * @param elements members and elements that one call's arguments may have in all
 * @param depth levels that they may be nested
 */
export const validate = (log: Log, { elements = 10_000, depth = 64 }: { elements?: number; depth?: number } = {}): Policy => {
  const schemas = createSchemas(log)
  return (next) =>
    function validated(call) {
      try {
        check(call)
      } catch (failure) {
        return Promise.reject(failure)
      }
      return next(call)
    }

  function check(call: Call): void {
    if (measureOf(call.arguments, depth, elements) > elements) {
      throw new Failure('too_large', `${call.command.name}: the arguments have more than ${elements} elements`, {
        data: { limit: elements },
      })
    }
    if (call.command.kind === 'tool') checkTool(call, schemas)
    else if (call.command.kind === 'prompt') checkPrompt(call)
  }
}

function checkTool(call: Call, schemas: ReturnType<typeof createSchemas>): void {
  const schema = call.command.definition.inputSchema
  if (typeof schema !== 'object' || schema === null) return
  const problem = schemas.problem(schema as Json, call.arguments)
  if (problem) throw new Failure('invalid_arguments', `${call.command.name}: ${problem}`, { data: { problem } })
}

/** A prompt's arguments are texts, some of them required (MCP prompts/get). */
function checkPrompt(call: Call): void {
  const known = Array.isArray(call.command.definition.arguments)
    ? (call.command.definition.arguments as { name: string; required?: boolean }[])
    : []
  const missing = known.filter(({ name, required }) => required && call.arguments[name] === undefined).map(({ name }) => name)
  if (missing.length) throw new Failure('invalid_params', `${call.command.name}: missing ${missing.join(', ')}`)
  for (const [name, value] of Object.entries(call.arguments)) {
    if (typeof value !== 'string')
      throw new Failure('invalid_params', `${call.command.name}: ${name} must be a text, got ${typeof value}`)
  }
}

/** Counts members and elements, without recursion and no further than the bound. Throws when it is nested too deep. */
function measureOf(value: unknown, depth: number, most: number): number {
  if (typeof value !== 'object' || value === null) return 0
  let level: object[] = [value]
  let count = 0
  for (let at = 0; level.length > 0; at++) {
    if (at >= depth)
      throw new Failure('too_large', `the arguments are nested deeper than ${depth} levels`, { data: { limit: depth } })
    const below: object[] = []
    for (const entry of level) {
      for (const child of Array.isArray(entry) ? entry : Object.values(entry)) {
        if (++count > most) return count
        if (typeof child === 'object' && child !== null) below.push(child)
      }
    }
    level = below
  }
  return count
}
