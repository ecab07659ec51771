/**
 * What somebody was asked after they signed in. It goes to their browser and comes back with their answer, sealed: the answer is about exactly
 * what was shown, nobody else can give it, and nothing has to be kept meanwhile.
 */
import { randomUUID } from 'node:crypto'
import type { Scope } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Box } from '../keys/box.ts'
import type { User } from '../store/people.ts'
import type { Ask } from './ask.ts'

export interface Question {
  /** Of the grant that comes of it: so it can be answered once. */
  readonly id: string
  readonly user: User
  readonly ask: Ask
  /** What the program asks for and this person may give. */
  readonly scopes: readonly Scope[]
  /** `Date.now()` until which it may be answered. */
  readonly until: number
}

/** Milliseconds to read the page and think. */
const patience = 10 * 60_000
const about = 'consent'

export const newQuestion = (user: User, ask: Ask, scopes: readonly Scope[]): Question => ({
  id: randomUUID(),
  user,
  ask,
  scopes,
  until: Date.now() + patience,
})

/** When whoever is asked had just signed in. */
export const askedAt = ({ until }: Question): Date => new Date(until - patience)

export const seal = (box: Box, question: Question): string => box.seal(JSON.stringify(question), about)

/** @throws Failure `invalid_params` for what is no question of ours, or too old */
export function open(box: Box, sealed: string): Question {
  const text = box.open(sealed, about)
  const question = text === undefined ? undefined : (JSON.parse(text) as Question)
  if (question && question.until > Date.now()) return question
  throw new Failure('invalid_params', 'this page is too old, or was changed: go back to the program and connect again')
}
