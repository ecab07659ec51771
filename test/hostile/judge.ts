/** Whether what came back is of the expected class; if not, a sentence that says what came instead. */
import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../app/is-object.ts'
import type { Message } from '../fakes/wire.ts'
import type { Course, Expected } from './entry.ts'
import { brokenLaw, excerpt, largestRefusal, sizeOf } from './laws.ts'
import { answersIn, noticesIn, type Seen } from './seen.ts'

type ErrorExpected = Extract<Expected, { kind: 'error' }>

/** @returns undefined when all is as it should be */
export function judge(
  expected: Expected,
  seen: Seen,
  { course, quiet }: { course: Course; quiet?: boolean },
): string | undefined {
  const law = brokenLaw(seen)
  if (law) return law
  if (quiet && noticesIn(seen).length > 0) return `nothing but the answer was to come, but there came ${shown(seen)}`
  return fits(expected, seen, course) ? undefined : `expected ${JSON.stringify(expected)}, but there came ${shown(seen)}`
}

/** How many answers there will be: what is waited for before it is judged. */
export function countOf(expected: Expected): number {
  switch (expected.kind) {
    case 'silence':
    case 'closed':
    case 'status':
      return 0
    case 'all':
      return expected.of.reduce((sum, one) => sum + countOf(one), 0)
    case 'either':
      return Math.min(...expected.of.map(countOf))
    default:
      return 1
  }
}

export const mayClose = (expected: Expected): boolean =>
  expected.kind === 'closed' || (expected.kind === 'either' && expected.of.some(mayClose))

function fits(expected: Expected, seen: Seen, course: Course): boolean {
  const answers = answersIn(seen)
  switch (expected.kind) {
    case 'silence':
      return answers.length === 0 && seen.closed === undefined && seen.statuses.every((status) => status === 202)
    case 'status':
      return expected.codes.includes(seen.statuses.at(-1) ?? 0) && seen.texts.every((text) => text.length < largestRefusal)
    case 'closed':
      return isClosed(seen) && (expected.codes.length === 0 || expected.codes.includes(seen.closed ?? 0))
    case 'either':
      return expected.of.some((one) => fits(one, seen, course))
    case 'all':
      return seen.closed === undefined && eachOf(expected.of, answers)
    default:
      return answers.length === 1 && fitsAnswer(expected, answers[0]!) && statusFits(expected, seen, course)
  }
}

/** Without a word; over HTTP that is without a response. */
const isClosed = ({ closed, statuses }: Seen): boolean => closed !== undefined && statuses.length === 0

/** Every expected answer is there, and no other. */
function eachOf(expected: readonly Expected[], answers: readonly Message[]): boolean {
  const left = [...answers]
  // The more is asked of an answer, the earlier it is looked for: what asks little would take it away.
  const demanding = expected.filter(({ kind }) => kind !== 'silence').sort((a, b) => sizeOf(b) - sizeOf(a))
  for (const one of demanding) {
    const at = left.findIndex((answer) => fitsAnswer(one, answer))
    if (at < 0) return false
    left.splice(at, 1)
  }
  return left.length === 0
}

function fitsAnswer(expected: Expected, answer: Message): boolean {
  switch (expected.kind) {
    case 'error':
      return answer.error !== undefined && fitsError(expected, answer)
    case 'toolError':
      return answer.id === expected.id && answer.result?.isError === true && sizeOf(answer) <= largestRefusal
    case 'result':
      return answer.id === expected.id && isResult(answer) && holds(answer.result, expected.holding ?? {})
    case 'answer':
      return answer.id === expected.id
    case 'either':
      return expected.of.some((one) => fitsAnswer(one, answer))
    default:
      return false
  }
}

const isResult = ({ result }: Message) => result !== undefined && result.isError !== true

const fitsError = ({ codes, id, data }: ErrorExpected, answer: Message): boolean =>
  codes.includes(answer.error!.code) && answer.id === id && holds(answer.error!.data, data ?? {})

/** A message that was none makes the whole request wrong; an error with an id is an answer, and may come with 200 in the session era. */
function statusFits(expected: Expected, { statuses }: Seen, course: Course): boolean {
  const last = statuses.at(-1)
  if (last === undefined || course === 'sse') return true
  if (expected.kind !== 'error') return expected.kind === 'answer' || last === 200
  if (expected.status !== undefined) return last === expected.status
  if (expected.id === undefined) return last >= 400 && last < 500
  return course === 'modern' ? modernStatus(expected.codes, last) : last === 200 || (last >= 400 && last < 500)
}

/** What 2026-07-28 says about each code (Streamable HTTP, request metadata and server validation); of the others it says nothing. */
const modernStatus = ([code]: readonly number[], status: number): boolean => {
  if (code === -32601) return status === 404
  const ofTheMessage = code === -32700 || (code! <= -32020 && code! >= -32022)
  return ofTheMessage ? status === 400 : status === 200 || (status >= 400 && status < 500)
}

/** Whether each member that is asked for is there. */
function holds(value: unknown, wanted: unknown): boolean {
  if (!isObject(wanted)) return isDeepStrictEqual(value, wanted)
  return (
    Object.entries(wanted).every(([name, part]) => isObject(value) && Object.hasOwn(value, name) && holds(value[name], part)) ||
    Object.keys(wanted).length === 0
  )
}

const shown = ({ messages, texts, statuses, closed }: Seen): string =>
  [
    statuses.length ? `HTTP ${statuses.join(', ')}` : '',
    messages.length
      ? messages.map((message) => excerpt(JSON.stringify(message))).join(' and ')
      : texts.map(excerpt).join(' and '),
    closed === undefined ? '' : `the end (${closed})`,
  ]
    .filter((part) => part !== '')
    .join(', ') || 'nothing'
