/** What one call sends. */
import type { Json } from '../../call.ts'
import { madeBody } from './body.ts'
import type { OperationPlan } from './plan.ts'
import { cookieText, headerText } from './serialize.ts'
import { given, targetOf } from './target.ts'

/** What the configuration adds to every request. */
export interface Shown {
  readonly headers: Readonly<Record<string, string>>
  /** Encoded pairs. */
  readonly query: readonly string[]
  /** `name=value` */
  readonly cookies: readonly string[]
}

export interface Request {
  readonly url: URL
  readonly headers: Record<string, string>
  readonly body: string | Buffer | undefined
}

/** @throws Failure `invalid_arguments` for values that cannot be sent */
export function requestOf(plan: OperationPlan, values: Json, shown: Shown): Request {
  const url = targetOf(plan, values, shown.query)
  const body = plan.body && madeBody(plan.body, values)
  const headers: Record<string, string> = { accept: plan.accept }
  const cookies: string[] = []
  for (const parameter of plan.parameters) {
    const value = values[parameter.argument]
    if (!given(value)) continue
    if (parameter.in === 'header') headers[parameter.name.toLowerCase()] = headerText(parameter, value)
    else if (parameter.in === 'cookie') cookies.push(cookieText(parameter, value))
  }
  cookies.push(...shown.cookies)
  if (cookies.length) headers.cookie = cookies.join('; ')
  if (body) headers['content-type'] = body.type
  return { url, headers: { ...headers, ...shown.headers }, body: body?.body }
}
