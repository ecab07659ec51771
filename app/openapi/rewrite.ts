/** An OpenAPI document whose references and discriminators say the names that its parts have after it was joined with others. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { toOpenApi } from './schema.ts'

/** Members of these are named by the author, so none of them is a keyword. */
const maps = new Set([
  ...['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'schemas', 'responses', 'headers'],
  ...['requestBodies', 'securitySchemes', 'callbacks', 'links', 'pathItems', 'paths', 'content', 'encoding', 'variables'],
])
/** What stands under these is data, whatever it looks like. */
const data = new Set(['example', 'default', 'enum', 'const', 'value', 'mapping'])

/**
 * @param document of OpenAPI 3.0, or of 3.1: its schemas become those of 3.0
 * @param name before the name of every component
 */
export function rewrite(document: Json, name: string): unknown {
  const newer = String(document.openapi).startsWith('3.1')
  return walk(document, false)

  function walk(value: unknown, named: boolean): unknown {
    if (Array.isArray(value)) return value.map((each) => walk(each, false))
    if (!isObject(value)) return value
    const made: Json = {}
    for (const [key, part] of Object.entries(value)) {
      if (!named && data.has(key)) made[key] = part
      else if (!named && key === '$ref' && typeof part === 'string') made[key] = renamed(part)
      else if (!named && newer && key === 'schema') made[key] = older(part)
      else if (!named && newer && key === 'schemas' && isObject(part)) made[key] = mapped(part, older)
      else made[key] = walk(part, !named && maps.has(key))
    }
    if (!named && isObject(value.discriminator)) made.discriminator = discriminatorOf(value, value.discriminator)
    return made
  }

  /** Without `mapping` the values are the names of the components, which are other ones now. */
  function discriminatorOf(schema: Json, discriminator: Json): Json {
    const given = isObject(discriminator.mapping) ? discriminator.mapping : impliedBy(schema)
    const mapping = mapped(given, (to) => (String(to).includes('/') ? renamed(String(to)) : renamed(`${schemas}${to}`)))
    return { ...discriminator, ...(Object.keys(mapping).length ? { mapping } : {}) }
  }

  function older(schema: unknown): Json {
    const made = toOpenApi(schema, { refer: (reference) => (reference.startsWith('#/') ? renamed(reference) : undefined) })
    if (isObject(schema) && isObject(schema.discriminator)) made.discriminator = discriminatorOf(schema, schema.discriminator)
    return made
  }

  function renamed(reference: string): string {
    const component = /^#\/components\/([^/]+)\/([^/]+)(.*)$/.exec(reference)
    if (component) return `#/components/${component[1]}/${name}_${component[2]}${component[3]}`
    return reference.replace(/^#\/paths\/~1/, `#/paths/~1${name}~1`)
  }
}

const schemas = '#/components/schemas/'

function impliedBy({ oneOf, anyOf }: Json): Json {
  const choices = [oneOf, anyOf]
    .flat()
    .filter((choice): choice is { $ref: string } => isObject(choice) && typeof choice.$ref === 'string')
  return Object.fromEntries(choices.map(({ $ref }) => [$ref.split('/').at(-1)!, $ref]))
}

const mapped = (members: Json, change: (member: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(members).map(([key, member]) => [key, change(member)]))
