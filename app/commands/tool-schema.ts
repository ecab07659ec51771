/** The JSON Schema of what a tool takes, made of what its author wrote. */
import type { Json } from '../call.ts'
import type { ToolDefinition } from './command.ts'

/** Arguments that the schema does not name are refused, unless it says that it takes them. */
export function inputSchemaOf({ params = {}, input, use_queue }: Pick<ToolDefinition, 'params' | 'input' | 'use_queue'>): Json {
  const queue = use_queue ? { 'x-use-queue': true } : {}
  if (input) return { additionalProperties: false, ...input, ...queue }
  const required = Object.keys(params).filter((name) => params[name]?.required)
  const properties = Object.fromEntries(Object.entries(params).map(([name, { required: _, ...schema }]) => [name, schema]))
  return { type: 'object', properties, ...(required.length ? { required } : {}), additionalProperties: false, ...queue }
}
