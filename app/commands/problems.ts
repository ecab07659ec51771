/** What is wrong with a definition, in sentences: the parts that tools, resources and prompts have in common. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'

/** Something that is missing, or does not fit, in a command that could be called all the same. */
export class Gap {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** In a sentence; what is no gap makes a command unusable. */
export type Problem = string | Gap

const namePattern = /^[A-Za-z0-9_-]{1,64}$/
const scopes = ['read', 'call', 'admin']

/** @param toSay what a description should tell */
export function* common({ name, description, title, scope, timeout, icons }: Json, toSay: string): Generator<Problem> {
  if (typeof name !== 'string') yield `name must be a text, got ${kindOf(name)}`
  else if (!namePattern.test(name)) yield `name must be 1 to 64 of A-Z a-z 0-9 _ -, got "${name.slice(0, 80)}"`
  if (!isText(description)) yield new Gap(`description is missing: ${toSay}`)
  if (title !== undefined && !isText(title)) yield 'title must be a text'
  if (scope !== undefined && !scopes.includes(scope as string))
    yield `scope must be one of ${scopes.join(', ')}, got ${JSON.stringify(scope)}`
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) yield 'timeout must be a number of seconds above 0'
  if (icons !== undefined && !(Array.isArray(icons) && icons.every(isObject))) yield 'icons must be a list of objects with src'
}

export function* optionalObject(member: string, value: unknown): Generator<string> {
  if (value !== undefined && !isObject(value)) yield `${member} must be an object, got ${kindOf(value)}`
}

export function* optionalFunction(member: string, value: unknown): Generator<string> {
  if (value !== undefined && typeof value !== 'function') yield `${member} must be a function, got ${kindOf(value)}`
}

export function* optionalFlag(member: string, value: unknown): Generator<string> {
  if (value !== undefined && typeof value !== 'boolean') yield `${member} must be true or false, got ${kindOf(value)}`
}

export function* unknown(value: Json, known: ReadonlySet<string>, where: string): Generator<string> {
  for (const member of Object.keys(value)) {
    if (!known.has(member)) yield `${where} has an unknown member "${member}": known are ${[...known].join(', ')}`
  }
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

export const kindOf = (value: unknown): string =>
  value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
