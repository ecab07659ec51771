/** Whether the values that an author wrote down fit the schema that stands beside them. */
import type { Json } from '../call.ts'
import { silent } from '../log.ts'
import { createSchemas } from '../schemas.ts'

const schemas = createSchemas(silent)

/** What is wrong with the value, in a sentence. */
export const misfit = (schema: Json, value: unknown): string | undefined => schemas.problem(schema, value)

/** The same for the value of one parameter. */
export const misfitOf = (name: string, schema: Json, value: unknown): string | undefined =>
  misfit({ type: 'object', properties: { [name]: schema } }, { [name]: value })
