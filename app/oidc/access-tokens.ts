/** Access tokens of an OpenID provider for this server (RFC 9068, and those of products that are older than it). */
import type { JWTPayload, JWTVerifyResult } from 'jose'
import type { Caller } from '../call.ts'
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import { keepable } from '../redact.ts'
import { Refused, type Verdict } from '../tokens/verdict.ts'
import { keptOf, nameOf, roleOf, scopesOf, valuesOf } from './claims.ts'
import { KeysAway, verifyWith } from './keys.ts'
import type { Provider } from './provider.ts'

export interface AccessTokens {
  /** @throws Refused, or Failure `unavailable` where nobody can tell because the provider is away */
  check(token: string): Promise<Verdict>
}

type Settings = Config['auth']['oidc']

/** Others, such as `logout+jwt`, are signed with the same keys and say something else (RFC 8725, section 3.11). */
const types = [undefined, 'jwt', 'at+jwt', 'application/at+jwt']

export function createAccessTokens(provider: Provider, settings: Settings, log: Log, now: () => number): AccessTokens {
  const { audience, clockSkew, scopeClaims, scopeMap, nameClaim, roles } = settings
  const options = { issuer: provider.issuer, audience: audience ?? '', clockTolerance: clockSkew, requiredClaims: ['exp', 'sub'] }

  async function verified(token: string): Promise<JWTVerifyResult> {
    try {
      return await verifyWith(provider.keys, token, { ...options, currentDate: new Date(now()) })
    } catch (error) {
      if (error instanceof KeysAway) throw away(error)
      throw new Refused(reasonOf(error))
    }
  }

  function callerOf(claims: JWTPayload): Caller {
    const { sub } = claims
    if (typeof sub !== 'string' || !/^[^\p{C}]{1,255}$/u.test(sub))
      throw new Refused('its sub is not a line of 1 to 255 characters')
    const values = valuesOf(claims, scopeClaims)
    const scopes = scopesOf(values, scopeMap)
    if (scopes.length === 0) {
      throw new Refused('nothing in it is mapped to a scope: see auth.oidc.scope_map', {
        sub,
        claims: Object.keys(claims).slice(0, 50).join(', ').slice(0, 1_000),
        values: keepable(values, 1_000),
      })
    }
    const { kept, leftOut } = keptOf(claims, [...scopeClaims, nameClaim, 'sub'])
    if (leftOut.length > 0) log.info('claims of a token have no room', { sub, left_out: leftOut.join(', ').slice(0, 1_000) })
    const role = roleOf(values, roles)
    return { id: `oidc:${sub}`, name: nameOf(claims, nameClaim), scopes, ...(role && { role }), claims: kept }
  }

  return {
    async check(token) {
      const { payload, protectedHeader } = await verified(token)
      if (!types.includes(protectedHeader.typ?.toLowerCase())) throw new Refused(`it is a ${protectedHeader.typ?.slice(0, 40)}`)
      const { exp = 0, iat } = payload
      if (iat !== undefined && iat > now() / 1000 + clockSkew) throw new Refused('it was issued in the future')
      const caller = callerOf(payload)
      return { until: (exp + clockSkew) * 1000, caller: () => caller }
    },
  }
}

const away = (cause: unknown) =>
  new Failure('unavailable', 'the identity provider does not answer, so this token cannot be checked: try again in a moment', {
    data: { retry_after: 5 },
    cause,
  })
