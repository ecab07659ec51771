/** Reads a JSON Schema as a person's form: which kind of field each member becomes. */

export type Schema = Record<string, unknown>

export type Shape = { readonly schema: Schema; readonly description: string } & (
  | { readonly kind: 'text' | 'number' | 'integer' | 'boolean' | 'json' }
  | { readonly kind: 'long' }
  | { readonly kind: 'choice'; readonly choices: readonly Choice[] }
  | { readonly kind: 'list'; readonly items: Shape }
  | { readonly kind: 'group'; readonly members: readonly Member[] }
)

export interface Choice {
  readonly value: unknown
  readonly label: string
}

export interface Member {
  readonly name: string
  readonly required: boolean
  readonly shape: Shape
}

const deepestGroup = 4
const longText = /^(text|body|content|contents|prompt|code|query|sql|html|markdown|script|notes?)$/i

/**
 * @param schema what to read; references into `root` are followed
 * @param name of the member, which tells whether its text is likely to be long
 */
export function shapeOf(schema: Schema, root: Schema = schema, name = '', depth = 0): Shape {
  const plain = plainOf(schema, root)
  const about = { schema: plain, description: typeof plain.description === 'string' ? plain.description : '' }
  const choices = choicesOf(plain)
  if (choices) return { ...about, kind: 'choice', choices }
  switch (typeOf(plain)) {
    case 'string':
      return { ...about, kind: longText.test(name) || Number(plain.maxLength) > 200 ? 'long' : 'text' }
    case 'number':
      return { ...about, kind: 'number' }
    case 'integer':
      return { ...about, kind: 'integer' }
    case 'boolean':
      return { ...about, kind: 'boolean' }
    case 'array': {
      const items = isSchema(plain.items) ? shapeOf(plain.items, root, '', depth + 1) : undefined
      return items && isScalar(items) ? { ...about, kind: 'list', items } : { ...about, kind: 'json' }
    }
    case 'object': {
      const members = depth < deepestGroup ? membersOf(plain, root, depth) : []
      return members.length > 0 ? { ...about, kind: 'group', members } : { ...about, kind: 'json' }
    }
    default:
      return { ...about, kind: 'json' }
  }
}

/** What the schema says to begin with; undefined where it says nothing. */
export function initialOf(shape: Shape): unknown {
  const { schema } = shape
  if (schema.default !== undefined) return schema.default
  if (schema.const !== undefined) return schema.const
  if (shape.kind !== 'group') return undefined
  const members = shape.members
    .map(({ name, shape }) => [name, initialOf(shape)] as const)
    .filter(([, value]) => value !== undefined)
  return members.length > 0 ? Object.fromEntries(members) : undefined
}

function membersOf(schema: Schema, root: Schema, depth: number): Member[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(isSchema(schema.properties) ? schema.properties : {}).map(([name, member]) => ({
    name,
    required: required.includes(name),
    shape: shapeOf(isSchema(member) ? member : {}, root, name, depth + 1),
  }))
}

function choicesOf({ enum: values, const: only, oneOf }: Schema): Choice[] | undefined {
  if (Array.isArray(values)) return values.map((value) => ({ value, label: labelOf(value) }))
  if (only !== undefined) return [{ value: only, label: labelOf(only) }]
  if (!Array.isArray(oneOf) || !oneOf.every((option) => isSchema(option) && option.const !== undefined)) return undefined
  return (oneOf as Schema[]).map(({ const: value, title }) => ({
    value,
    label: typeof title === 'string' ? title : labelOf(value),
  }))
}

/** Without references, and without the "or null" that generators put around what is optional. */
function plainOf(schema: Schema, root: Schema, hops = 0): Schema {
  if (typeof schema.$ref === 'string' && hops < 10) {
    const { $ref, ...own } = schema
    return plainOf({ ...lookUp($ref as string, root), ...own }, root, hops + 1)
  }
  const options = [schema.anyOf, schema.oneOf].find(Array.isArray) as unknown[] | undefined
  const real = options?.filter((option): option is Schema => isSchema(option) && option.type !== 'null')
  if (!options || real?.length !== 1 || real.length === options.length) return schema
  const { anyOf: _, oneOf: __, ...own } = schema
  return plainOf({ ...real[0], ...own }, root, hops + 1)
}

function lookUp(reference: string, root: Schema): Schema {
  let found: unknown = root
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    found = isSchema(found) ? found[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  return isSchema(found) ? found : {}
}

function typeOf({ type, properties }: Schema): unknown {
  const types = [type].flat().filter((one) => one !== 'null' && one !== undefined)
  if (types.length === 0 && properties) return 'object'
  return types.length === 1 ? types[0] : undefined
}

const isScalar = ({ kind }: Shape) => kind !== 'group' && kind !== 'list' && kind !== 'json'
const labelOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
export const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)
