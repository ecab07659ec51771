/** Makes one schema of a root and its definitions: small ones where they are used, none that would be checked without end. */
import type { Json } from '../../call.ts'
import { listWords, mapWords, schemaWords } from './schema-words.ts'

type Schema = Json | boolean
type Definitions = Record<string, Schema>

const prefix = '#/$defs/'
/** A definition this short stands where it is used, in characters. */
const short = 200
/** Words that say something about the value itself and not about a part of it. */
const sameValue = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas'])

/** The last word of a reference, as a name that stands in a URL fragment as it is, and is not taken. */
export function definitionName(reference: string, taken: ReadonlySet<string>): string {
  const last = reference.split(/[/#]/).findLast((step) => step !== '') ?? ''
  const plain =
    last
      .replace(/%[0-9A-F]{2}|~[01]/gi, '_')
      .replace(/[^A-Za-z0-9_.-]/g, '_')
      .slice(0, 60) || 'schema'
  let name = plain
  for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`
  return name
}

/**
 * @param root changed, and part of what comes back
 * @param loose parts are missing: then `oneOf` may fit twice and `not` may fit what it should not
 */
export function finished(root: Json, defs: Definitions, loose: boolean): Json {
  const uses = countUses(root, defs)
  const inlined = inline(root, defs, uses) as Json
  const kept = reachable(inlined, defs, uses)
  const circles = breakCircles([inlined, ...Object.values(kept)], kept)
  if (loose || circles) for (const schema of [inlined, ...Object.values(kept)]) loosen(schema)
  return Object.keys(kept).length ? { ...inlined, $defs: kept } : inlined
}

/** All schemas directly inside of one, with the word that they stand behind. */
export function* inside(schema: Json): Generator<[string, Schema]> {
  for (const [word, value] of Object.entries(schema)) {
    if (schemaWords.has(word)) yield [word, value as Schema]
    else if (listWords.has(word)) for (const each of value as Schema[]) yield [word, each]
    else if (mapWords.has(word)) for (const each of Object.values(value as Json)) yield [word, each as Schema]
  }
}

const targetOf = (schema: Json): string | undefined =>
  typeof schema.$ref === 'string' ? schema.$ref.slice(prefix.length) : undefined

function countUses(root: Schema, defs: Definitions): Map<string, number> {
  const uses = new Map<string, number>()
  const open: Schema[] = [root]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'boolean') continue
    const target = targetOf(next)
    if (target !== undefined) {
      const count = (uses.get(target) ?? 0) + 1
      uses.set(target, count)
      if (count === 1) open.push(defs[target]!)
    }
    for (const [, each] of inside(next)) open.push(each)
  }
  return uses
}

/** Puts in what is used once, or is short and refers to nothing. */
function inline(schema: Schema, defs: Definitions, uses: ReadonlyMap<string, number>): Schema {
  if (typeof schema === 'boolean') return schema
  for (const [word, value] of Object.entries(schema)) {
    if (schemaWords.has(word)) schema[word] = inline(value as Schema, defs, uses)
    else if (listWords.has(word)) schema[word] = (value as Schema[]).map((each) => inline(each, defs, uses))
    else if (mapWords.has(word)) {
      schema[word] = Object.fromEntries(
        Object.entries(value as Definitions).map(([name, each]) => [name, inline(each, defs, uses)]),
      )
    }
  }
  const target = targetOf(schema)
  if (target === undefined || !inlinable(target, schema, defs, uses)) return schema
  const { $ref: _, ...beside } = schema
  const definition = inline(defs[target]!, defs, uses)
  return typeof definition === 'boolean' ? definition : { ...definition, ...beside }
}

function inlinable(target: string, { $ref: _, ...beside }: Json, defs: Definitions, uses: ReadonlyMap<string, number>): boolean {
  const definition = defs[target]!
  if (typeof definition === 'boolean') return Object.keys(beside).length === 0
  const describing = Object.keys(beside).every((word) =>
    ['description', 'title', 'deprecated', 'examples', 'default'].includes(word),
  )
  if (!describing) return false
  if (uses.get(target) === 1) return true
  return definition.$ref === undefined && inside(definition).next().done === true && JSON.stringify(definition).length <= short
}

/** The definitions that are still referred to, with theirs put in. */
function reachable(root: Schema, defs: Definitions, uses: ReadonlyMap<string, number>): Definitions {
  const kept: Definitions = {}
  const open: Schema[] = [root]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'boolean') continue
    const target = targetOf(next)
    if (target !== undefined && !Object.hasOwn(kept, target)) {
      kept[target] = inline(defs[target]!, defs, uses)
      open.push(kept[target])
    }
    for (const [, each] of inside(next)) open.push(each)
  }
  return kept
}

/**
 * A pet that is one of a dog, which is a pet and more: whoever checks that never ends. The last step of such a circle is left out.
 * @returns whether there was one
 */
function breakCircles(schemas: readonly Schema[], defs: Definitions): boolean {
  const state = new Map<Schema, 'open' | 'done'>()
  let found = false

  function visit(schema: Schema): boolean {
    if (typeof schema === 'boolean' || state.get(schema) === 'done') return true
    if (state.get(schema) === 'open') return false
    state.set(schema, 'open')
    const target = targetOf(schema)
    if (target !== undefined && !visit(defs[target]!)) {
      found = true
      delete schema.$ref
    }
    for (const [word, each] of inside(schema)) if (sameValue.has(word)) visit(each)
    state.set(schema, 'done')
    return true
  }

  function visitAll(schema: Schema): void {
    visit(schema)
    if (typeof schema !== 'boolean') for (const [, each] of inside(schema)) visitAll(each)
  }

  for (const schema of schemas) visitAll(schema)
  return found
}

function loosen(schema: Schema): void {
  if (typeof schema === 'boolean') return
  for (const word of ['not', 'if', 'then', 'else']) delete schema[word]
  if (Array.isArray(schema.oneOf)) {
    const choice = { anyOf: schema.oneOf }
    delete schema.oneOf
    if (schema.anyOf === undefined) schema.anyOf = choice.anyOf
    else schema.allOf = [...((schema.allOf as Schema[] | undefined) ?? []), choice]
  }
  for (const [, each] of inside(schema)) loosen(each)
}

/** How many characters a schema has as text. */
export const lengthOf = (schema: Json): number => JSON.stringify(schema).length
