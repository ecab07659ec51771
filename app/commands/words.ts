/** Small things that tools, resources and prompts are built with. */
import type { Json } from '../call.ts'

/** `order_find` becomes `Order Find`. */
export const titleOf = (name: string): string =>
  name
    .replaceAll(/[_-]+/g, ' ')
    .trim()
    .replaceAll(/\b\w/g, (letter) => letter.toUpperCase())

/** The members that have a value. */
export const given = (members: Json): Json =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
