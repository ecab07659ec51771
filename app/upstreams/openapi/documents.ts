/** The files that a service is described in: read as JSON or YAML, and searched by reference. */
import { parseDocument } from 'yaml'
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'

/** Something in the document that cannot be used. Its message completes "left out, because". */
export class Broken extends Error {
  override readonly name = 'Broken'
}

/** A value, and the URL of the file that it stands in: references in it start there. */
export interface Located {
  readonly value: unknown
  readonly at: string
}

const longestTrail = 50
/** Aliases that one YAML file may have unfolded: more is meant to harm. */
const mostAliases = 1_000

/** @throws Broken for what is neither JSON nor YAML */
export function parseText(text: string): unknown {
  let fault: string
  try {
    return JSON.parse(text)
  } catch (problem) {
    fault = (problem as Error).message
  }
  try {
    const document = parseDocument(text, { prettyErrors: false, merge: true })
    const [error] = document.errors
    if (error) throw error
    return document.toJS({ maxAliasCount: mostAliases })
  } catch (problem) {
    if (/^\s*{/.test(text)) throw new Broken(`it is no JSON: ${fault}`)
    throw new Broken(`it is neither JSON nor YAML: ${(problem as Error).message.split('\n')[0]}`)
  }
}

export class Documents {
  readonly #files = new Map<string, unknown>()
  /** Why a file is not there, by its URL. */
  readonly #missing = new Map<string, string>()

  add(at: string, value: unknown): void {
    this.#files.set(at, value)
  }

  miss(at: string, reason: string): void {
    this.#missing.set(at, reason)
  }

  knows(at: string): boolean {
    return this.#files.has(at) || this.#missing.has(at)
  }

  /** What a reference points at. @throws Broken where that is nothing */
  find(reference: string, at: string): Located {
    const [file = '', pointer = ''] = splitReference(reference, at)
    const missing = this.#missing.get(file)
    if (missing !== undefined) throw new Broken(`${shorten(reference)} ${missing}`)
    let value = this.#files.get(file)
    if (pointer !== '' && !pointer.startsWith('/')) throw new Broken(`the reference ${shorten(reference)} is no JSON pointer`)
    for (const step of pointer.split('/').slice(1)) value = memberOf(value, decoded(step))
    if (value === undefined) throw new Broken(`the reference ${shorten(reference)} leads nowhere`)
    return { value, at: file }
  }

  /** The same, through references to references; what is none comes back as it is. */
  follow(value: unknown, at: string): Located {
    let found: Located = { value, at }
    for (let trail = 0; isObject(found.value) && typeof found.value.$ref === 'string'; trail++) {
      if (trail === longestTrail) throw new Broken(`the reference ${shorten(found.value.$ref)} leads in a circle`)
      found = this.find(found.value.$ref, found.at)
    }
    return found
  }

  /** An object behind references. @param what it is, for the sentence */
  object(value: unknown, at: string, what: string): { value: Json; at: string } {
    const found = this.follow(value, at)
    if (!isObject(found.value)) throw new Broken(`${what} is no object`)
    return { value: found.value, at: found.at }
  }
}

/** The URL of the file, and the JSON pointer in it. */
export function splitReference(reference: string, at: string): [string, string] {
  const hash = reference.indexOf('#')
  const file = hash < 0 ? reference : reference.slice(0, hash)
  if (file !== '' && !URL.canParse(file, at)) throw new Broken(`the reference ${shorten(reference)} is no URL`)
  return [file === '' ? at : new URL(file, at).href, hash < 0 ? '' : reference.slice(hash + 1)]
}

/** The URLs of all files that something refers to, besides its own. */
export function otherFiles(value: unknown, at: string): string[] {
  const found = new Set<string>()
  const open: unknown[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const reference = (next as Json).$ref
    if (typeof reference === 'string' && !reference.startsWith('#') && URL.canParse(reference, at)) {
      found.add(splitReference(reference, at)[0])
    }
    for (const child of Object.values(next)) if (typeof child === 'object' && child !== null) open.push(child)
  }
  found.delete(at)
  return [...found]
}

function memberOf(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(name) ? value[Number(name)] : undefined
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return step
  }
}

const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 120)}...` : text)
