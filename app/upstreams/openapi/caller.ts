/** Sends one operation to the service, as whoever the configuration says we are. */
import type { Call, Json, Result } from '../../call.ts'
import type { OpenapiConfig } from '../../config/upstream/openapi.ts'
import { Failure } from '../../errors.ts'
import { sha256 } from '../../sha256.ts'
import type { Cache, Load } from '../cache.ts'
import { hiding } from '../http/headers.ts'
import type { Service, ServiceAnswer } from '../http/service.ts'
import { credentialInWords, isSecretive, secretsIn, shownFor } from './auth.ts'
import type { OperationPlan } from './plan.ts'
import { refusalOf } from './refusal.ts'
import { requestOf, type Shown } from './request.ts'
import type { Tokens } from './tokens.ts'

export interface Sent {
  readonly answer: ServiceAnswer
  /** The same as a result, where it says no. */
  readonly refusal: Result | undefined
}

export interface Caller {
  /** Throws Failure `invalid_arguments` for what cannot be sent, `upstream_away` for what did not get there; the signal's reason */
  send(plan: OperationPlan, values: Json, call: Pick<Call, 'caller' | 'signal'>): Promise<Sent>
  /** Does something as whoever we are, and once more where a token was not taken. */
  as(signal: AbortSignal, send: (shown: Shown) => Promise<ServiceAnswer>): Promise<ServiceAnswer>
  /** Takes our secrets out of a text. */
  hide(text: string): string
  /** What the service wants to be shown, once its document was read. */
  wants: readonly string[]
}

const shortest = 4

/** There are secrets among the headers, and may be in the URL. */
const keyOf = (name: string, url: URL, headers: Readonly<Record<string, string>>): string =>
  `${name} ${sha256(JSON.stringify([url.href, headers]))}`

export interface CallerTools {
  readonly service: Service
  readonly tokens: Tokens | undefined
  /** For answers that the service lets be used again. */
  readonly cache: Cache | undefined
}

export function createCaller(config: OpenapiConfig, { service, tokens, cache }: CallerTools): Caller {
  const { auth } = config
  const hideConfigured = hiding(new URL(config.service.url), config.service.headers)
  const credential = credentialInWords(config)
  const { origin } = new URL(config.service.url)
  const secretive = isSecretive(config)

  const caller: Caller = {
    wants: [],
    async as(signal, send) {
      const shown = await shownFor(auth, tokens, signal)
      const answer = await send(shown)
      if (answer.status !== 401 || !tokens) return answer
      tokens.refused(shown.headers.authorization)
      return send(await shownFor(auth, tokens, signal))
    },
    async send(plan, values, { caller: { id: callerId }, signal }) {
      const answer = await caller.as(signal, (shown) => {
        const { url, headers, body } = requestOf(plan, values, shown)
        // What is kept from before a credential was configured may lead to others.
        if (secretive && url.origin !== origin) {
          throw new Failure(
            'upstream_failed',
            `${config.name}: ${plan.path} leads to ${url.origin}, where the credentials are not for`,
          )
        }
        const safe = plan.method === 'GET' || plan.method === 'HEAD'
        const what = `${plan.method} ${plan.path}`
        const ask = { method: plan.method, url, ...(body === undefined ? {} : { body }), safe, what }
        if (!cache || plan.method !== 'GET') return service.ask({ ...ask, headers, signal })
        const load: Load = (validators, still) => service.ask({ ...ask, headers: { ...headers, ...validators }, signal: still })
        return cache.cached({ key: keyOf(config.name, url, headers), callerId, signal }, load)
      })
      if (answer.status < 300) return { answer, refusal: undefined }
      return { answer, refusal: refusalOf(answer, { credential, wants: caller.wants, hide: caller.hide }) }
    },
    hide(text) {
      const secrets = secretsIn(auth, tokens).filter((each) => each.length >= shortest)
      return secrets.reduce((shown, secret) => shown.replaceAll(secret, '******'), hideConfigured(text))
    },
  }
  return caller
}
