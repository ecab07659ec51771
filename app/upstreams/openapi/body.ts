/** The body of one call, made of arguments. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { bytesOf, fileOf } from './files.ts'
import { multipart, type Part } from './multipart.ts'
import type { BodyPlan, FieldPlan } from './plan.ts'
import { queryPairs, textOf } from './serialize.ts'
import { given } from './target.ts'

export interface MadeBody {
  readonly type: string
  readonly body: string | Buffer
}

/** @returns undefined where no argument belongs to it @throws Failure `invalid_arguments` for bytes that are none */
export function madeBody(plan: BodyPlan, values: Json): MadeBody | undefined {
  const value = bodyValue(plan, values)
  if (value === undefined) return undefined
  switch (plan.how) {
    case 'json':
      return { type: plan.type, body: JSON.stringify(value) }
    case 'form':
      return { type: plan.type, body: formText(value, plan.fields ?? {}) }
    case 'multipart':
      return multipart(plan.type, partsOf(value, plan.fields ?? {}))
    case 'text':
      return { type: /charset/i.test(plan.type) ? plan.type : `${plan.type}; charset=utf-8`, body: textOf(value) }
    case 'binary':
      return { type: plan.type, body: bytesOf(value, plan.argument ?? 'body') }
  }
}

function bodyValue({ argument, members = [] }: BodyPlan, values: Json): unknown {
  if (argument !== undefined) return values[argument]
  const entries = members.filter(([each]) => values[each] !== undefined).map(([each, name]) => [name, values[each]])
  return entries.length ? Object.fromEntries(entries) : undefined
}

const entriesOf = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value).filter(([, each]) => given(each)) : []

/** Spaces as `+`, which is how forms are written. */
function formText(value: unknown, fields: Readonly<Record<string, FieldPlan>>): string {
  const pairs = entriesOf(value).flatMap(([name, each]) => {
    const { style = 'form', explode = style === 'form', contentType } = fieldOf(fields, name)
    const json = contentType !== undefined && /json/i.test(contentType)
    // A member of a member has no place in a form: it is sent as JSON.
    const deep = isObject(each) && style === 'form'
    return queryPairs({ name, style, explode, json: json || deep }, each)
  })
  return pairs.join('&').replaceAll('%20', '+')
}

function partsOf(value: unknown, fields: Readonly<Record<string, FieldPlan>>): Part[] {
  return entriesOf(value).flatMap(([name, each]) => {
    const field = fieldOf(fields, name)
    return (Array.isArray(each) ? each : [each]).map((one) => partOf(name, one, field))
  })
}

function partOf(name: string, value: unknown, { file, contentType }: FieldPlan): Part {
  if (file) return { name, ...fileOf(value, name, contentType) }
  const type = contentType ?? (typeof value === 'object' ? 'application/json' : undefined)
  return { name, text: textOf(value), ...(type === undefined ? {} : { contentType: type }) }
}

const fieldOf = (fields: Readonly<Record<string, FieldPlan>>, name: string): FieldPlan =>
  Object.hasOwn(fields, name) ? fields[name]! : {}
