/** Schemas of a document, in any of its dialects, as JSON Schema 2020-12 that stands for itself: what is referred to comes along in `$defs`. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Documents } from './documents.ts'
import { definitionName, finished } from './schema-defs.ts'
import { demands, distinct, isPattern, listWords, mapWords, plainWords, schemaWords } from './schema-words.ts'

export type Schema = Json | boolean

export interface SchemaOptions {
  /** Of an input, what only the service writes is left out; of an output, what only we write, and whatever only asks for more. */
  readonly direction: 'input' | 'output'
  /** Levels that are taken over; below them anything goes. */
  readonly levels: number
}

/** Schemas that one tool may consist of. */
const mostSchemas = 5_000

interface Waiting {
  readonly name: string
  readonly value: unknown
  readonly at: string
  readonly level: number
}

export class SchemaWriter {
  readonly #documents: Documents
  readonly #output: boolean
  readonly #levels: number
  readonly #names = new Map<string, string>()
  readonly #defs: Record<string, Schema> = {}
  /** Targets of references: those nearest to the top first, so that what is cut lies deep wherever it is used. */
  readonly #waiting: Waiting[] = []
  #written = 0
  #cut = false

  constructor(documents: Documents, { direction, levels }: SchemaOptions) {
    this.#documents = documents
    this.#output = direction === 'output'
    this.#levels = levels
  }

  /** Whether something was left out because there was too much of it. */
  get cut(): boolean {
    return this.#cut
  }

  /** @throws Broken for a reference that leads nowhere */
  write(schema: unknown, at: string, level = 0): Schema {
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return {}
    if (level > this.#levels || ++this.#written > mostSchemas) {
      this.#cut = true
      return {}
    }
    if (typeof schema.$ref === 'string') return this.#reference(schema, schema.$ref, at, level)
    return this.#own(schema, at, level)
  }

  /** The whole, with everything that its parts refer to. The parts must not be used any more. */
  finish(root: Json): Json {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#defs[next.name] = this.write(next.value, next.at, next.level)
    }
    return finished(root, this.#defs, this.#cut || this.#output)
  }

  #reference(schema: Json, reference: string, at: string, level: number): Schema {
    const { value, at: there } = this.#documents.find(reference, at)
    const key = JSON.stringify([there, reference.slice(reference.indexOf('#') + 1)])
    let name = this.#names.get(key)
    if (name === undefined) {
      name = definitionName(reference, new Set(this.#names.values()))
      this.#names.set(key, name)
      this.#waiting.push({ name, value, at: there, level: level + 1 })
    }
    // Beside a reference older dialects ignore everything; what only describes does no harm there.
    const { $ref: _, nullable, 'x-nullable': alsoNullable, ...beside } = schema
    const written = this.#own(beside, at, level)
    const target = { $ref: `#/$defs/${name}` }
    if (nullable !== true && alsoNullable !== true) return { ...target, ...written }
    return { ...written, anyOf: [target, { type: 'null' }] }
  }

  #own(schema: Json, at: string, level: number): Json {
    const written: Json = {}
    for (const [word, value] of Object.entries(schema)) {
      if (this.#output && demands.has(word)) continue
      const read = this.#word(word, value, at, level)
      if (read !== undefined) written[word] = read
    }
    if (this.#output && written.additionalProperties === false) delete written.additionalProperties
    if (mapped(written.properties)) this.#oneSided(schema, written, at)
    return this.#nullable(schema, translated(schema, written), level)
  }

  #word(word: string, value: unknown, at: string, level: number): unknown {
    if (Object.hasOwn(plainWords, word)) return plainWords[word]!(value)
    if (word === 'items' && Array.isArray(value)) return undefined
    if (schemaWords.has(word)) return isSchema(value) ? this.write(value, at, level + 1) : undefined
    if (listWords.has(word)) {
      const deeper = word === 'prefixItems' ? level + 1 : level
      const list = Array.isArray(value) ? value.filter(isSchema).map((each) => this.write(each, at, deeper)) : []
      return list.length ? list : undefined
    }
    if (mapWords.has(word)) return mapped(value) ? this.#map(word, value, at, level) : undefined
    if (word === 'discriminator') return discriminator(value)
    return undefined
  }

  #map(word: string, map: Json, at: string, level: number): Json {
    const entries = Object.entries(map).filter(
      ([name, value]) => isSchema(value) && (word !== 'patternProperties' || isPattern(name)),
    )
    return Object.fromEntries(entries.map(([name, value]) => [name, this.write(value, at, level + 1)]))
  }

  /** Takes out the members that only the other side writes. */
  #oneSided(schema: Json, written: Json, at: string): void {
    const properties = written.properties as Json
    const word = this.#output ? 'writeOnly' : 'readOnly'
    const gone = Object.keys(properties).filter((name) => this.marked((schema.properties as Json)[name], at, word))
    for (const name of gone) delete properties[name]
    if (!gone.length || !Array.isArray(written.required)) return
    const required = written.required.filter((name) => !gone.includes(name))
    if (required.length) written.required = required
    else delete written.required
  }

  /** Whether a member says, by itself or where it refers to, that only one side writes it. */
  marked(member: unknown, at: string, word: 'readOnly' | 'writeOnly'): boolean {
    if (!isObject(member)) return false
    if (member[word] === true) return true
    if (typeof member.$ref !== 'string') return false
    const { value } = this.#documents.follow(member, at)
    return isObject(value) && value[word] === true
  }

  #nullable(schema: Json, written: Json, level: number): Json {
    const asked = schema.nullable === true || schema['x-nullable'] === true
    if (!asked && !(this.#output && level > 0)) return written
    if (written.const !== undefined) {
      written.enum = [written.const]
      delete written.const
    }
    if (Array.isArray(written.enum)) written.enum = distinct([...written.enum, null])
    const { type } = written
    if (type !== undefined) {
      const named = Array.isArray(type) ? type : [type]
      if (!named.includes('null')) written.type = [...named, 'null']
      if (!written.allOf && !written.anyOf && !written.oneOf) return written
    } else if (!asked || !(written.allOf || written.anyOf || written.oneOf)) return written
    const { description, ...rest } = written
    return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: 'null' }] }
  }
}

/** What earlier dialects said in other words. */
function translated(schema: Json, written: Json): Json {
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (schema[flag] !== true || written[bound] === undefined) continue
    written[flag] = written[bound]
    delete written[bound]
  }
  if (schema.example !== undefined && written.examples === undefined) written.examples = [schema.example]
  if (schema.type === 'file') written.type = 'string'
  if (schema.type === 'file' || schema.format === 'binary' || schema.format === 'byte') written.contentEncoding ??= 'base64'
  if (isObject(schema.discriminator) && isObject(schema.discriminator.mapping)) {
    const said = `${schema.discriminator.propertyName} is one of ${Object.keys(schema.discriminator.mapping).join(', ')}.`
    written.description = written.description === undefined ? said : `${written.description} ${said}`
  }
  // By what its member says one is chosen, and the others may well fit too, which JSON Schema's own choice of one does not allow.
  if (written.discriminator && written.oneOf && !written.anyOf) {
    written.anyOf = written.oneOf
    delete written.oneOf
  }
  // A type that is not the text's own (an enum of numbers called a string) is a mistake of the document that refuses every call.
  if (Array.isArray(written.enum) && written.type === 'string' && !written.enum.some((each) => typeof each === 'string')) {
    delete written.type
  }
  return written
}

function discriminator(value: unknown): Json | undefined {
  const name = isObject(value) ? value.propertyName : value
  return typeof name === 'string' ? { propertyName: name } : undefined
}

const isSchema = (value: unknown): boolean => typeof value === 'boolean' || isObject(value)
const mapped = (value: unknown): value is Json => isObject(value)
