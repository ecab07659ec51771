/** Values as text in a URL, a header or a cookie: the styles of OpenAPI 3 (after RFC 6570), and those of Swagger 2.0. */
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import type { ParameterPlan } from './plan.ts'

type Plan = Pick<ParameterPlan, 'name' | 'style' | 'explode' | 'reserved' | 'json'>
type Encode = (text: string) => string

const plain: Encode = (text) => text

/** A value as one text: what is no text itself, as JSON writes it. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** As part of a URL. @throws Failure for half a character, which has no such form */
export function encoded(text: string): string {
  let code: string
  try {
    code = encodeURIComponent(text)
  } catch {
    throw new Failure('invalid_arguments', 'a text holds half of a character (a lone surrogate)')
  }
  return code.replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The same, with reserved characters as they are; those that would end the value, or begin another, are none of them. */
const encodedUnreserved = (text: string): string =>
  encoded(text).replace(/%(3A|2F|3F|5B|5D|40|21|24|27|28|29|2A|2B|2C|3B)/g, (code) => decodeURIComponent(code))

/** What stands for a parameter in a path. */
export function pathText(plan: Plan, value: unknown): string {
  if (plan.json) return encoded(JSON.stringify(value))
  const { name, explode, style } = plan
  if (style === 'label') return `.${joined(value, explode, explode ? '.' : ',', encoded)}`
  if (style !== 'matrix') return joined(value, explode, ',', encoded)
  const key = encoded(name)
  if (explode && Array.isArray(value)) return value.map((each) => `;${key}=${encoded(textOf(each))}`).join('')
  if (explode && isObject(value))
    return entriesOf(value)
      .map(([member, each]) => `;${encoded(member)}=${encoded(textOf(each))}`)
      .join('')
  return `;${key}=${joined(value, false, ',', encoded)}`
}

/** The pairs of a query or of a form, encoded. */
export function queryPairs(plan: Plan, value: unknown): string[] {
  const { name, explode, style, reserved } = plan
  const encode = reserved ? encodedUnreserved : encoded
  const key = encoded(name)
  if (plan.json) return [`${key}=${encode(JSON.stringify(value))}`]
  if (style === 'deepObject' && (isObject(value) || Array.isArray(value))) return deepPairs(name, value, encode)
  if (Array.isArray(value)) {
    if (value.length === 0) return []
    if (explode) return value.map((each) => `${key}=${encode(textOf(each))}`)
    return [`${key}=${value.map((each) => encode(textOf(each))).join(delimiters[style] ?? ',')}`]
  }
  if (isObject(value)) {
    if (explode) return entriesOf(value).map(([member, each]) => `${encoded(member)}=${encode(textOf(each))}`)
    const delimiter = delimiters[style] ?? ','
    return [
      `${key}=${entriesOf(value)
        .flatMap(([member, each]) => [encode(member), encode(textOf(each))])
        .join(delimiter)}`,
    ]
  }
  return [`${key}=${encode(textOf(value))}`]
}

const delimiters: Readonly<Record<string, string>> = { spaceDelimited: '%20', pipeDelimited: '%7C', tabDelimited: '%09' }

/** `filter[name]=x`, to any depth, which the specification leaves open and servers read alike. */
function deepPairs(key: string, value: unknown, encode: Encode): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => deepPairs(isObject(each) ? `${key}[]` : key, each, encode))
  if (!isObject(value)) return [`${encoded(key)}=${encode(textOf(value))}`]
  return entriesOf(value).flatMap(([member, each]) => deepPairs(`${key}[${member}]`, each, encode))
}

/** @throws Failure for what no header may hold */
export function headerText(plan: Plan, value: unknown): string {
  const text = plan.json ? JSON.stringify(value) : joined(value, plan.explode, ',', plain)
  // Other letters than those of Latin-1 have no form in a header, and a line break would begin another one.
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) {
    throw new Failure(
      'invalid_arguments',
      `${plan.name} is sent as a header, which holds neither line breaks nor letters outside of Latin-1`,
    )
  }
  return text
}

export function cookieText(plan: Plan, value: unknown): string {
  return plan.json ? `${encoded(plan.name)}=${encoded(JSON.stringify(value))}` : queryPairs(plan, value).join('; ')
}

function joined(value: unknown, explode: boolean, delimiter: string, encode: Encode): string {
  if (Array.isArray(value)) return value.map((each) => encode(textOf(each))).join(delimiter)
  if (!isObject(value)) return encode(textOf(value))
  const pairs = entriesOf(value).map(([member, each]) => [encode(member), encode(textOf(each))])
  return pairs.map((pair) => pair.join(explode ? '=' : delimiter)).join(delimiter)
}

const entriesOf = (value: Record<string, unknown>): [string, unknown][] =>
  Object.entries(value).filter(([, each]) => each !== undefined && each !== null)
