/** Who holds the client certificate of a connection, as a Caller. */
import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import type { Caller } from '../call.ts'
import type { ClientRule } from '../config/client-rules.ts'
import { Failure } from '../errors.ts'
import { allScopes, usualScopes } from '../scopes.ts'

interface Holder {
  /** Nobody: there is no certificate. */
  readonly caller?: Caller
  /** Why a certificate that was shown is worth nothing here. */
  readonly failure?: Failure
  /** Until when the certificate is good; milliseconds, as Date.now(). */
  readonly ends: number
}

const nobody: Holder = { ends: Number.POSITIVE_INFINITY }

/**
 * @param rules what holders may do; where there are none, `read` and `call`
 * @returns the caller; undefined for a connection without a certificate. It throws a Failure for a certificate that is not valid
 *   (`unauthorized`), and for one that no rule fits (`forbidden`): a credential that is given must be right, also where none is needed
 */
export function createHolders(rules: readonly ClientRule[]): (connection: Socket) => Caller | undefined {
  // A connection keeps its certificate: it is looked at once, and not for every request.
  const known = new WeakMap<Socket, Holder>()
  return function holderOf(connection) {
    let holder = known.get(connection)
    if (!holder) {
      holder = look(connection, rules)
      known.set(connection, holder)
    }
    if (holder.failure) throw holder.failure
    if (holder.ends < Date.now()) throw invalid('it has expired')
    return holder.caller
  }
}

function look(connection: Socket, rules: readonly ClientRule[]): Holder {
  if (!(connection instanceof TLSSocket)) return nobody
  const certificate = connection.getPeerCertificate()
  if (!certificate?.raw) return nobody
  const ends = Date.parse(certificate.valid_to)
  if (!connection.authorized) return { ends: nobody.ends, failure: invalid(String(connection.authorizationError)) }
  const scopes = scopesFor(certificate, rules)
  if (scopes.length === 0) {
    return { ends, failure: new Failure('forbidden', 'no entry of ssl.clients fits this client certificate') }
  }
  return { ends, caller: { ...nameOf(certificate), scopes } }
}

function scopesFor({ subject }: PeerCertificate, rules: readonly ClientRule[]) {
  if (rules.length === 0) return usualScopes
  const names = new Set(['*', ...all(subject.CN).map((name) => `CN=${name}`), ...all(subject.OU).map((name) => `OU=${name}`)])
  const granted = new Set(rules.filter((rule) => names.has(rule.subject)).flatMap((rule) => rule.scopes))
  return allScopes.filter((scope) => granted.has(scope))
}

/** By its name and not by its fingerprint, so that a renewed certificate is the same caller. */
function nameOf({ subject, fingerprint256 }: PeerCertificate): { id: string; name: string } {
  const [name = '', ...more] = all(subject.CN)
  if (more.length === 0 && /^\P{C}{1,64}$/u.test(name)) return { id: `cert:${name}`, name }
  const short = fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()
  return { id: `cert:${short}`, name: short }
}

/** A name may stand in a certificate more than once; Node's types do not say so everywhere. */
const all = (values: string | string[] | undefined): string[] => (values === undefined ? [] : [values].flat())

const invalid = (why: string) => new Failure('unauthorized', `this client certificate is not valid here: ${why}`)
