/** An answer that says no, as a result that a model can mend: what was wrong in the service's own words, and never a secret of ours. */
import { STATUS_CODES } from 'node:http'
import type { Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { ServiceAnswer } from '../http/service.ts'
import { mediaTypeOf } from './answer.ts'
import { howOf } from './bodies.ts'
import { bounded } from './schema-words.ts'

/** The longest text of a service that is repeated, in characters. */
const longest = 2_000

export interface Refusing {
  /** What is configured to show who we are, in words. */
  readonly credential: string | undefined
  /** What the document says that the service wants. */
  readonly wants: readonly string[]
  /** Takes out of a text what the service may have repeated of our credentials. */
  hide(text: string): string
}

export function refusalOf(answer: ServiceAnswer, { credential, wants, hide }: Refusing): Result {
  const { status } = answer
  const said = hide(bounded(wordsOf(answer), longest))
  const sentences = [
    [`HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trim(), said].filter(Boolean).join(': '),
    advice(status, answer, credential, wants),
  ]
  return { content: [{ type: 'text', text: sentences.filter(Boolean).join('\n') }], isError: true }
}

function wordsOf(answer: ServiceAnswer): string {
  const type = mediaTypeOf(answer)
  if (type === 'text/html') return titleOf(answer.text())
  if (howOf(type || 'text/plain') === 'binary') return ''
  const text = answer.text().trim()
  return type.endsWith('problem+json') ? (problemOf(text) ?? text) : text
}

/** Title and detail of RFC 9457, and what else it says. */
function problemOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    const { title, detail, type: _, status: __, ...rest } = value
    const said = [title, detail].filter((each) => typeof each === 'string' && each !== '').join(': ')
    return [said, ...(Object.keys(rest).length ? [JSON.stringify(rest)] : [])].filter(Boolean).join('\n')
  } catch {
    return undefined
  }
}

/** Of a page for people, what stands in its head. */
const titleOf = (html: string): string => /<title>([^<]{1,200})<\/title>/i.exec(html)?.[1]?.trim() ?? ''

function advice(status: number, { headers }: ServiceAnswer, credential: string | undefined, wants: readonly string[]): string {
  if (status === 401 || status === 403) {
    if (credential) return `The service does not accept what is configured for it here: ${credential}.`
    const wanted = wants.length ? ` It wants ${wants.join(', or ')}.` : ''
    return `No credential is configured for this service here: an operator sets auth, or headers.${wanted}`
  }
  const [wait] = [headers['retry-after']].flat()
  if (wait !== undefined && (status === 429 || status === 503))
    return `It may be tried again after ${wait.slice(0, 40)}${/^\d+$/.test(wait) ? ' s' : ''}.`
  if (status >= 300 && status < 400) return 'The service sends this request to another place, where it is not followed.'
  return ''
}
