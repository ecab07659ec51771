/** Tokens for a machine (RFC 6749, section 4.4): asked for when needed, once for all who wait, and again shortly before they expire. */
import type { OAuth2 } from '../../config/upstream/openapi-auth.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { secrets } from '../../secrets.ts'
import type { Service } from '../http/service.ts'
import { bounded } from './schema-words.ts'

export interface Tokens {
  /** Throws Failure `upstream_failed` where none is given, `upstream_away` where nobody answers; the signal's reason */
  get(signal: AbortSignal): Promise<string>
  /** The service did not take what it was shown: the next `get` asks for another, unless that was done already. */
  refused(authorization: string | undefined): void
  /** What was given last. */
  readonly last: string | undefined
}

/** Milliseconds that a token is not used any more before it expires, and those that one is good for that does not say. */
const margin = 30_000
const unsaid = 300_000
/** Milliseconds for one answer, and its bytes. */
const patience = 15_000
const most = 256 * 1024

/** @param service that tokens are asked from */
export function createTokens(name: string, config: OAuth2, service: Service): Tokens {
  let held: { readonly token: string; readonly until: number } | undefined
  let asking: Promise<string> | undefined
  let last: string | undefined

  async function ask(): Promise<string> {
    const { tokenUrl, clientId, clientSecret, scope } = config
    // Each half is form-encoded before it is base64 (RFC 6749, section 2.3.1).
    const half = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
    const basic = Buffer.from(`${half(clientId)}:${half(clientSecret)}`).toString('base64')
    const request = (headers: Record<string, string>, also: Record<string, string>) =>
      service.ask({
        method: 'POST',
        url: tokenUrl,
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === null ? {} : { scope }), ...also }).toString(),
        timeout: patience,
        most,
        safe: true,
        what: 'the token',
      })
    let answer = await request({ authorization: `Basic ${basic}` }, {})
    // Some take the secret in the form alone.
    if (answer.status === 400 || answer.status === 401)
      answer = await request({}, { client_id: clientId, client_secret: clientSecret })
    return taken(answer.status, answer.text())
  }

  function taken(status: number, text: string): string {
    const value = parsed(text)
    const token = value.access_token
    if (status >= 200 && status < 300 && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) {
      const seconds = Number(value.expires_in)
      const life = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : unsaid
      secrets.addPassing([token])
      last = token
      held = { token, until: Date.now() + Math.max(life - margin, life / 2) }
      return token
    }
    const said = [value.error, value.error_description].filter((each) => typeof each === 'string').join(': ')
    const hidden = said.replaceAll(config.clientSecret, '******')
    throw new Failure(
      'upstream_failed',
      `${name}: ${new URL(config.tokenUrl).origin} gives no token for the client ${config.clientId}: HTTP ${status}${hidden && `, ${bounded(hidden, 300)}`}`,
    )
  }

  return {
    get(signal) {
      if (held && Date.now() < held.until) return Promise.resolve(held.token)
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return unlessAborted(asking, signal)
    },
    refused(authorization) {
      if (authorization === `Bearer ${held?.token}`) held = undefined
    },
    get last() {
      return last
    },
  }
}

/** Whoever goes away does not take the token of the others along. */
function unlessAborted(work: Promise<string>, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
