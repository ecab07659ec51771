/** The body of an operation's request: which of its media types we send, and what it consists of. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Dialect } from './dialect.ts'
import type { Documents, Located } from './documents.ts'
import type { Operation } from './operations.ts'
import type { BodyPlan, FieldPlan } from './plan.ts'

export interface Body {
  readonly how: BodyPlan['how']
  readonly type: string
  readonly required: boolean
  readonly schema: Located
  readonly description: string | undefined
  readonly examples: readonly unknown[]
  /** Of a form, by name of the field. */
  readonly fields: Record<string, FieldPlan>
}

/** The first of these that an operation takes. */
const order: BodyPlan['how'][] = ['json', 'form', 'multipart', 'text', 'binary']

/** @throws Broken for references that lead nowhere */
export function bodyOf(operation: Operation, root: Json, documents: Documents, dialect: Dialect): Body | undefined {
  return dialect === '2.0' ? bodyOfSwagger(operation, root, documents) : bodyOfOpenapi(operation, documents)
}

export function howOf(type: string): BodyPlan['how'] {
  const plain = type.split(';', 1)[0]!.trim().toLowerCase()
  if (plain === '*/*' || plain === 'application/*' || /[/+]json(-seq)?$/.test(plain)) return 'json'
  if (plain === 'application/x-www-form-urlencoded') return 'form'
  if (plain.startsWith('multipart/')) return 'multipart'
  if (plain.startsWith('text/') || /[/+](xml|yaml|x-yaml|graphql)$/.test(plain)) return 'text'
  return 'binary'
}

/** The type that is sent for one that stands for several. */
function concrete(type: string, how: BodyPlan['how']): string {
  if (!type.includes('*')) return type
  return {
    json: 'application/json',
    form: type,
    multipart: 'multipart/form-data',
    text: 'text/plain',
    binary: 'application/octet-stream',
  }[how]
}

function bodyOfOpenapi({ value, at }: Operation, documents: Documents): Body | undefined {
  if (value.requestBody === undefined) return undefined
  const found = documents.object(value.requestBody, at, 'its request body')
  const content = isObject(found.value.content) ? Object.entries(found.value.content) : []
  const ranked = content
    .map(([type, media]) => ({ type, media, how: howOf(type) }))
    .sort((a, b) => order.indexOf(a.how) - order.indexOf(b.how))
  const [best] = ranked
  if (!best) return undefined
  const media = isObject(best.media) ? best.media : {}
  const schema = { value: media.schema ?? {}, at: found.at }
  return {
    how: best.how,
    type: concrete(best.type, best.how),
    required: found.value.required === true,
    schema,
    description: typeof found.value.description === 'string' ? found.value.description : undefined,
    examples: media.example === undefined ? [] : [media.example],
    fields: best.how === 'form' || best.how === 'multipart' ? fieldsOf(schema, media.encoding, documents) : {},
  }
}

function fieldsOf({ value, at }: Located, encoding: unknown, documents: Documents): Record<string, FieldPlan> {
  const found = documents.follow(value, at)
  const properties = isObject(found.value) && isObject(found.value.properties) ? found.value.properties : {}
  const entries = Object.entries(properties).map(([name, property]): [string, FieldPlan] => {
    const said = isObject(encoding) && isObject(encoding[name]) ? encoding[name] : {}
    return [
      name,
      {
        ...(isFile(property, found.at, documents) ? { file: true } : {}),
        ...(typeof said.style === 'string' ? { style: said.style } : {}),
        ...(typeof said.explode === 'boolean' ? { explode: said.explode } : {}),
        ...(typeof said.contentType === 'string' ? { contentType: said.contentType.split(',')[0]!.trim() } : {}),
      },
    ]
  })
  return Object.fromEntries(entries.filter(([, field]) => Object.keys(field).length))
}

/** Bytes, or a list of such. */
export function isFile(property: unknown, at: string, documents: Documents): boolean {
  const { value, at: there } = documents.follow(property, at)
  if (!isObject(value)) return false
  if (value.type === 'file' || value.format === 'binary' || value.contentEncoding === 'base64') return true
  if (value.type === 'string' && typeof value.contentMediaType === 'string' && value.contentEncoding === undefined) return true
  return isObject(value.items) && isFile(value.items, there, documents)
}

function bodyOfSwagger(operation: Operation, root: Json, documents: Documents): Body | undefined {
  const found = operation.parameters.map(({ value, at }) => documents.object(value, at, 'a parameter'))
  const consumes = [operation.value.consumes, root.consumes].find((each) => Array.isArray(each) && each.length) as
    | unknown[]
    | undefined
  const types = (consumes ?? []).filter((each) => typeof each === 'string')
  const whole = found.find(({ value }) => value.in === 'body')
  if (whole) {
    const type = types.toSorted((a, b) => order.indexOf(howOf(a)) - order.indexOf(howOf(b)))[0] ?? 'application/json'
    const { schema = {}, required, description } = whole.value
    return {
      how: howOf(type),
      type: concrete(type, howOf(type)),
      required: required === true,
      schema: { value: schema, at: whole.at },
      description: typeof description === 'string' ? description : undefined,
      examples: [],
      fields: {},
    }
  }
  const fields = found.filter(({ value }) => value.in === 'formData' && typeof value.name === 'string')
  return fields.length ? formOf(fields, types, documents) : undefined
}

function formOf(fields: readonly { value: Json; at: string }[], types: readonly string[], documents: Documents): Body {
  const files = fields.some(({ value }) => value.type === 'file')
  const multipart = files || (types.some((type) => howOf(type) === 'multipart') && !types.some((type) => howOf(type) === 'form'))
  const properties = fields.map(({ value: { required: _, ...schema } }): [string, Json] => [schema.name as string, schema])
  const required = fields.filter(({ value }) => value.required === true).map(({ value }) => value.name as string)
  const at = fields[0]!.at
  return {
    how: multipart ? 'multipart' : 'form',
    type: multipart ? 'multipart/form-data' : 'application/x-www-form-urlencoded',
    required: required.length > 0,
    schema: { value: { type: 'object', properties: Object.fromEntries(properties), required }, at },
    description: undefined,
    examples: [],
    fields: Object.fromEntries(
      properties.map(([name, schema]) => [
        name,
        { ...(isFile(schema, at, documents) ? { file: true } : {}), style: 'form', explode: schema.collectionFormat === 'multi' },
      ]),
    ),
  }
}
