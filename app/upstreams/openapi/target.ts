/** The URL of one call. Whatever the arguments hold, it stays below the path that the document says. */
import type { Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import type { OperationPlan } from './plan.ts'
import { pathText, queryPairs } from './serialize.ts'

/** Characters; servers and proxies refuse more. */
const longest = 16_384

/**
 * @param extra pairs of the query that the configuration adds, encoded
 * @throws Failure `invalid_arguments` for values that would make another path of it
 */
export function targetOf(plan: OperationPlan, values: Json, extra: readonly string[]): URL {
  const path = plan.path
    .split('/')
    .map((segment) => filled(segment, plan, values))
    .join('/')
  const pairs = plan.parameters
    .filter((parameter) => parameter.in === 'query' && given(values[parameter.argument]))
    .flatMap((parameter) => queryPairs(parameter, values[parameter.argument]))
  const query = [...pairs, ...extra].join('&')
  const [bare, fixed] = split(path)
  const text = plan.server + bare + (fixed || query ? `?${[fixed, query].filter(Boolean).join('&')}` : '')
  if (text.length > longest) throw new Failure('invalid_arguments', `the arguments make a URL longer than ${longest} characters`)
  return new URL(text)
}

export const given = (value: unknown): boolean => value !== undefined && value !== null

/** Documents put a fixed query behind a path, to tell operations apart. */
function split(path: string): [string, string] {
  const at = path.indexOf('?')
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at + 1)]
}

function filled(segment: string, plan: OperationPlan, values: Json): string {
  const names: string[] = []
  const text = segment.replace(/{([^{}]+)}/g, (whole, name: string) => {
    const parameter = plan.parameters.find((each) => each.in === 'path' && each.name === name)
    if (!parameter) return whole
    const value = values[parameter.argument]
    const written = given(value) ? pathText(parameter, value) : ''
    if (written === '') throw new Failure('invalid_arguments', `${parameter.argument} is part of the path and must not be empty`)
    names.push(parameter.argument)
    return written
  })
  // A URL without such segments is what everybody makes of one with them, and that is another path.
  if (names.length && /^(\.|%2e){1,2}$/i.test(text)) {
    throw new Failure('invalid_arguments', `${names.join(', ')} must not be . or .., which lead to another path`)
  }
  return text
}
