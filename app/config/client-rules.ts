/** Who may do what among those that show a client certificate: `ssl.clients`. */
import type { Scope } from '../call.ts'
import { isObject } from '../is-object.ts'
import { allScopes } from '../scopes.ts'
import type { Shape } from './shapes.ts'

export interface ClientRule {
  /** `CN=` or `OU=` and what the certificate has there; `*` is every certificate. */
  readonly subject: string
  /** In their order, each once, at least one. */
  readonly scopes: readonly Scope[]
}

/** A list in a file, the same list as JSON in a variable. */
export const clientRules: Shape<readonly ClientRule[]> = {
  expected: `a list of { subject, scopes }: CN=name, OU=unit or *, and some of ${allScopes.join(', ')}`,
  read(raw) {
    const entries = typeof raw === 'string' ? parsed(raw) : raw
    if (!Array.isArray(entries)) return undefined
    const rules = entries.map(ruleIn)
    return rules.every((rule) => rule !== undefined) ? rules : undefined
  },
}

function ruleIn(entry: unknown): ClientRule | undefined {
  if (!isObject(entry)) return undefined
  const { subject, scopes, ...more } = entry
  const named = typeof subject === 'string' ? /^(?:\*|(CN|OU)=(.+))$/is.exec(subject.trim()) : null
  const wanted = Array.isArray(scopes) ? scopes : []
  if (!named || wanted.length === 0 || Object.keys(more).length > 0) return undefined
  if (wanted.some((scope) => !allScopes.includes(scope))) return undefined
  const [, attribute, value] = named
  return {
    subject: attribute === undefined ? '*' : `${attribute.toUpperCase()}=${value}`,
    scopes: allScopes.filter((scope) => wanted.includes(scope)),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
