/** What a service wants to be shown, in words, for the one who has to configure it. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { Broken, type Documents } from './documents.ts'

/** Such as `an API key in the header X-API-Key`; an empty list where the document says nothing. */
export function wantedBy(root: Json, at: string, documents: Documents): string[] {
  const components = isObject(root.components) ? root.components : {}
  const schemes = root.securityDefinitions ?? components.securitySchemes
  if (!isObject(schemes)) return []
  const words = Object.values(schemes).map((scheme) => {
    try {
      return inWords(documents.object(scheme, at, 'it').value)
    } catch (problem) {
      if (problem instanceof Broken) return undefined
      throw problem
    }
  })
  return [...new Set(words.filter((each) => each !== undefined))].slice(0, 5)
}

function inWords({ type, in: place, name, scheme }: Json): string | undefined {
  if (type === 'apiKey') return `an API key in the ${place} ${name}`
  if (type === 'basic' || (type === 'http' && scheme === 'basic')) return 'a user name and a password (basic)'
  if (type === 'http') return `a token (${scheme})`
  if (type === 'oauth2' || type === 'openIdConnect') return 'an OAuth 2 token'
  if (type === 'mutualTLS') return 'a client certificate'
  return undefined
}
