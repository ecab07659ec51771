/** Tokens that we give to people with a password: JWT (RFC 7519), HS256, good for half an hour unless the settings say otherwise. */
import { createSecretKey, hkdfSync, randomUUID } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { reasonOf } from '../reason.ts'
import { scopesOfRole } from '../roles.ts'
import type { Account } from '../store/accounts.ts'
import { Refused, type Verdict } from './verdict.ts'

export interface OwnTokens {
  issue(account: Account): Promise<string>
  /** Rejects with Refused. The verdict asks for the account each time, so a change of it counts as soon as `find` knows. */
  check(token: string): Promise<Verdict>
}

export interface OwnTokensOptions {
  readonly secretKey: string
  /** Who we say we are: the public URL, where there is one. */
  readonly issuer: string
  /** Seconds. */
  readonly life: number
  /** The account of this id; undefined where there is none in force. */
  readonly find: (id: string) => Promise<Account | undefined>
  /** Milliseconds, as Date.now(). */
  readonly now: () => number
}

export const ownAlgorithm = 'HS256'
const audience = 'switchyard'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function createOwnTokens({ secretKey, issuer, life, find, now }: OwnTokensOptions): OwnTokens {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', 'tokens of people', 32)))

  async function claimsOf(token: string) {
    const options = { algorithms: [ownAlgorithm], issuer, audience, requiredClaims: ['exp', 'iat'], currentDate: new Date(now()) }
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (error) {
      throw new Refused(reasonOf(error))
    }
  }

  return {
    issue({ user, version }) {
      const at = Math.floor(now() / 1000)
      return new SignJWT({ role: user.role, name: user.name, ver: version })
        .setProtectedHeader({ alg: ownAlgorithm, typ: 'JWT' })
        .setIssuer(issuer)
        .setSubject(user.id)
        .setAudience(audience)
        .setIssuedAt(at)
        .setExpirationTime(at + life)
        .setJti(randomUUID())
        .sign(key)
    },
    async check(token) {
      const claims = await claimsOf(token)
      const { sub = '', exp = 0, ver, role, name } = claims
      if (!uuid.test(sub)) throw new Refused('it has no user in it')
      const caller = {
        id: `user:${sub}`,
        name: String(name),
        scopes: scopesOfRole[role as keyof typeof scopesOfRole] ?? [],
        role: String(role),
        claims,
      }
      return {
        until: exp * 1000,
        async caller() {
          const account = await find(sub)
          if (!account) throw new Refused('the account is not in force any more', { user: sub })
          if (account.version !== ver) throw new Refused('the account was changed after it was given', { user: sub })
          return caller
        },
      }
    },
  }
}
