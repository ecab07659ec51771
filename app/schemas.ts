/** JSON Schemas as functions: compiled once for each distinct schema, bounded, and answering in a sentence that a model can act on. */
import { Ajv, str, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from './call.ts'
import { canonicalJson } from './canonical.ts'
import { Failure } from './errors.ts'
import { type LinearPattern, linearPattern } from './linear-pattern.ts'
import type { Log } from './log.ts'
import { sentence, shown } from './schema-sentence.ts'
import { sha256 } from './sha256.ts'
import { withinTime } from './time-limit.ts'

export interface Schemas {
  /**
   * What is wrong with the value, in a sentence; undefined when nothing is, or when the schema cannot be used (said once in the log).
   * @throws Failure `too_large` where it takes too long to find out
   */
  problem(schema: Json, value: unknown): string | undefined
}

const options = { strict: false, allErrors: false, verbose: true, validateFormats: true, addUsedSchema: false } as const
/** Steps that the patterns of a schema may take for one value, some 10 ns each. What they would have said of the rest is left to the owner. */
const mostSteps = 10_000_000
/** Compiling costs in proportion to the text; a schema above this is left to its owner. */
const longestSchema = 256 * 1024
const mostSchemas = 10_000
/** Milliseconds that one value may take. */
const longestLook = 100
/** Characters of a schema times those of a value that are surely looked at in such a time: each keyword reads its value once, a few ns a character. */
const quickLook = 10_000_000
const references = /"\$(?:ref|dynamicRef|recursiveRef)":/g

/** A schema that can be used. */
interface Usable {
  readonly validate: ValidateFunction
  /** Characters. */
  readonly length: number
  /** Two references can double the work on every level, of the schema or of the value: nobody knows before how long it takes. */
  readonly branches: boolean
}

/** @param log hears of schemas that cannot be compiled; what they would have checked is then left to whoever runs the command */
export function createSchemas(log: Log): Schemas {
  const patterns = createPatterns()
  const engineFor = createEngines(patterns)
  const byText = new Map<string, Usable | null>()
  // The schema object of a command stays the same between changes of the catalogue, so its text is made once.
  const byObject = new WeakMap<Json, Usable | null>()

  function compiled(schema: Json): Usable | null {
    let usable = byObject.get(schema)
    if (usable === undefined) {
      const text = JSON.stringify(schema)
      const hash = sha256(text)
      usable = byText.get(hash)
      if (usable === undefined) {
        usable = compile(schema, text)
        if (byText.size >= mostSchemas) byText.delete(byText.keys().next().value!)
        byText.set(hash, usable)
      }
      byObject.set(schema, usable)
    }
    return usable
  }

  function compile(schema: Json, text: string): Usable | null {
    if (text.length > longestSchema) {
      log.warn('schema not used', { reason: `longer than ${longestSchema} characters`, title: schema.title })
      return null
    }
    try {
      const validate = engineFor(schema).compile(schema)
      return { validate, length: text.length, branches: (text.match(references)?.length ?? 0) > 1 }
    } catch (error) {
      log.warn('schema not used', { reason: error instanceof Error ? error.message : String(error), title: schema.title })
      return null
    }
  }

  return {
    problem(schema, value) {
      const usable = compiled(schema)
      if (!usable) return undefined
      patterns.begin()
      const { validate } = usable
      const fits = isQuick(usable, value) ? validate(value) : withinTime(longestLook, tooLong, () => validate(value))
      return fits ? undefined : sentence(validate.errors?.[0])
    },
  }
}

const tooLong = `comparing the value with its schema takes longer than ${longestLook} ms: send less, or nested less deeply`

const isQuick = ({ length, branches }: Usable, value: unknown): boolean =>
  !branches && weightOf(value, quickLook / length) * length <= quickLook

/** Characters of all texts, of names too, and one more for each value, counted until there are more than `most`. */
function weightOf(value: unknown, most: number): number {
  const open = [value]
  let weight = 0
  while (open.length > 0 && weight <= most) {
    const one = open.pop()
    weight++
    if (typeof one === 'string') weight += one.length
    else if (Array.isArray(one)) for (const item of one) open.push(item)
    else if (typeof one === 'object' && one !== null)
      for (const [name, member] of Object.entries(one)) {
        weight += name.length
        open.push(member)
      }
  }
  return weight
}

/** Draft 7 where the schema says so, otherwise 2020-12, which is MCP's default. Each engine is made when first needed: that alone costs 10 ms. */
function createEngines(patterns: Patterns): (schema: Json) => Ajv {
  let draft7: Ajv | undefined
  let draft2020: Ajv2020 | undefined
  const code = { regExp: Object.assign(patterns.ofMembers, { code: 'patterns.ofMembers' }) }
  const complete = <Engine extends Ajv>(engine: Engine): Engine => {
    addFormats.default(engine)
    engine.removeKeyword('pattern').addKeyword({
      keyword: 'pattern',
      type: 'string',
      schemaType: 'string',
      compile: patterns.ofTexts,
      error: { message: ({ schema }) => str`must match pattern "${schema}"` },
    })
    // Ajv compares each with each.
    engine.removeKeyword('uniqueItems').addKeyword({
      keyword: 'uniqueItems',
      type: 'array',
      schemaType: 'boolean',
      validate: (wanted: boolean, items: readonly unknown[]) =>
        !wanted || new Set(items.map((item) => canonicalJson(item))).size === items.length,
      error: { message: 'must not have two equal items' },
    })
    return engine
  }
  return (schema) => {
    const dialect = typeof schema.$schema === 'string' ? schema.$schema : ''
    if (/draft-0[4-7]/.test(dialect)) {
      draft7 ??= complete(new Ajv({ ...options, code }))
      return draft7
    }
    draft2020 ??= complete(new Ajv2020({ ...options, code }))
    return draft2020
  }
}

/** Patterns of schemas, which may not hold up everybody else. */
interface Patterns {
  /** Another value is looked at. */
  begin(): void
  /** Of texts. One that cannot be tried in time, or that has no steps left, lets everything pass. Throws SyntaxError for what is none. */
  readonly ofTexts: (source: string) => (text: string) => boolean
  /** Of the names of members: there it decides what else is asked of them, so it must be known. Throws for one that cannot be tried in time. */
  readonly ofMembers: (source: string) => { test(name: string): boolean; toString(): string }
}

function createPatterns(): Patterns {
  let steps = 0
  const within = (cost: number) => {
    steps += cost
    return steps <= mostSteps
  }
  return {
    begin() {
      steps = 0
    },
    ofTexts(source) {
      new RegExp(source, 'u')
      // Made when there is a text: a schema may have thousands, and a value few of them.
      let made: LinearPattern | false | undefined
      return (text) => {
        if (steps > mostSteps) return true
        if (made === undefined) {
          made = linearPattern(source) ?? false
          if (made) within(made.size * 1_000)
        }
        return !made || !within(made.size * text.length) || made.test(text)
      }
    },
    ofMembers(source) {
      new RegExp(source, 'u')
      const made = linearPattern(source)
      if (!made) throw new Error(`the pattern ${shown(source)} of members cannot be tried in a time that is known before`)
      return {
        test(name) {
          if (within(made.size * name.length)) return made.test(name)
          throw new Failure(
            'too_large',
            'the arguments have more and longer names of members than can be compared with the schema',
          )
        },
        toString: () => source,
      }
    },
  }
}
