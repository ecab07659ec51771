/** Why a call is let through or not: the same things that a call meets, in the same order, each with its word and nothing called. */
import type { Access } from './access.ts'
import type { Call, Caller, Command, Json, Via, Who } from './call.ts'
import type { Catalog } from './catalog.ts'
import { Failure } from './errors.ts'
import { idIn } from './keys/text.ts'
import type { Keys } from './keys.ts'
import type { UpstreamState } from './upstreams/state.ts'

export type Verdict = 'pass' | 'refuse' | 'unknown'

export interface Finding {
  /** What was looked at: `key`, `tool`, `scope`, `rule`, `pin`, `approval`, `limit`, `breaker`, `upstream`. */
  readonly check: string
  readonly verdict: Verdict
  readonly text: string
}

/** A call that could be made. */
export interface Question {
  readonly who: Who
  readonly command: Command
  /** Without them it is asked whether the tool is listed and could be called with any. */
  readonly values: Json | undefined
}

/** One thing to look at; undefined where it does not apply. */
export type Look = (question: Question) => Finding | undefined | Promise<Finding | undefined>

export interface Explanation {
  readonly allowed: boolean
  readonly caller: string
  readonly tool: string
  /** In the order in which a call meets them. */
  readonly findings: readonly Finding[]
}

export interface Wish {
  /** Name, id or text of an API key; or `local` or `stdio`, who call without one. */
  readonly key: string
  readonly tool: string
  readonly via: Via
  readonly values?: Json
}

/** @throws Failure `invalid_arguments` where there is no such key */
export type Explain = (wish: Wish) => Promise<Explanation>

/** Whoever answers, as far as a call would notice. */
export interface Answerer {
  /** The owner of its commands. */
  readonly name: string
  /** `mcp` has a connection, which calls wait for; all others are asked anew by each call. */
  readonly kind: string
  readonly state: UpstreamState['state']
  readonly error: string | null
  readonly breaker: UpstreamState['breaker']
}

export interface ExplainOptions {
  readonly keys: Pick<Keys, 'list'>
  readonly catalog: Pick<Catalog, 'find'>
  /** Why a name may be missing that could be somebody's. */
  readonly missing?: (tool: string) => string | undefined
  /** Asked one after the other, about a tool that exists. */
  readonly looks: readonly Look[]
}

export function createExplain({ keys, catalog, missing, looks }: ExplainOptions): Explain {
  /** Who holds the key, and what is to be said of the key itself. */
  async function holder(wanted: string): Promise<{ caller: Caller; finding: Finding }> {
    if (wanted === 'local' || wanted === 'stdio') {
      const caller: Caller = { id: wanted, name: wanted, scopes: ['read', 'call'] }
      return { caller, finding: pass('key', `${wanted} calls without a credential`) }
    }
    const id = idIn(wanted) ?? wanted
    const all = await keys.list()
    // A name may have been used before: the key that is in force now is the one that is meant.
    const named = all.filter((key) => key.id === id || key.name === wanted)
    const key = named.find(({ state }) => state === 'active') ?? named[0]
    if (!key)
      throw new Failure('invalid_arguments', 'there is no key of this name or id: `switchyard keys list` shows which there are')
    const text = `the key ${key.name} (${key.id}) is ${key.state}`
    const { name, scopes, tools, rate } = key
    const caller: Caller = { id: `key:${key.id}`, name, scopes, ...(tools ? { tools } : {}), ...(rate ? { rate } : {}) }
    return { caller, finding: key.state === 'active' ? pass('key', text) : refuse('key', text) }
  }

  return async function explain({ key, tool, via, values }) {
    const { caller, finding } = await holder(key)
    const who = { caller, via }
    const findings = [finding]
    const command = catalog.find('tool', tool) ?? catalog.find('tool', tool, who)
    if (command) {
      findings.push(pass('tool', `${tool} is offered by ${command.owner}`))
      for (const look of looks) findings.push(...one(await look({ who, command, values })))
    } else {
      const why = missing?.(tool)
      findings.push(refuse('tool', `nothing of the name ${tool.slice(0, 100)} is offered now${why ? `: ${why}` : ''}`))
    }
    return { allowed: findings.every(({ verdict }) => verdict !== 'refuse'), caller: caller.name, tool, findings }
  }
}

export const pass = (check: string, text: string): Finding => ({ check, verdict: 'pass', text })
export const refuse = (check: string, text: string): Finding => ({ check, verdict: 'refuse', text })
const unknown = (check: string, text: string): Finding => ({ check, verdict: 'unknown', text })

export const byScope: Look = ({ who: { caller }, command: { name, scope } }) => {
  const has = `has ${caller.scopes.join(', ') || 'none'}`
  return caller.scopes.includes(scope)
    ? pass('scope', `${name} needs ${scope}; ${caller.name} ${has}`)
    : refuse('scope', `${name} needs ${scope}; ${caller.name} ${has}`)
}

export const byRule =
  (access: Access): Look =>
  ({ who, command, values }) => {
    const { allowed, text } = access.explain(command, who, values)
    return allowed ? pass('rule', text) : refuse('rule', text)
  }

/** Whether a person has to say yes to each call. @param needs undefined where no call does */
export const byApproval =
  (needs: ((call: Pick<Call, 'command' | 'caller'>) => boolean) | undefined): Look =>
  ({ who: { caller }, command }) =>
    needs?.({ command, caller }) ? unknown('approval', `a person has to approve each call of ${command.name}`) : undefined

/** Whether it is what was approved. */
export const byPin: Look = ({ command: { held, owner, name } }) =>
  held === undefined ? undefined : refuse('pin', `${name} of ${owner} has changed and waits for an admin to approve that`)

/** @param limits those of callers whose key says nothing else; 0 requests for no limit */
export const byLimit =
  (
    used: (key: string, window: number) => number | Promise<number>,
    { requests, window }: { requests: number; window: number },
  ): Look =>
  async ({ who: { caller } }) => {
    const { id, rate = requests } = caller
    if (rate === 0) return undefined
    const made = await used(id, window)
    const text = `${made} of ${rate} calls in the last ${window} s`
    return made < rate ? pass('limit', text) : refuse('limit', text)
  }

/** What is known of whoever answers: a refusal only where a call would be refused without anybody being asked. */
export const byUpstream =
  (states: () => readonly Answerer[]): Look =>
  ({ command: { owner } }) => {
    const answerer = states().find(({ name }) => name === owner)
    if (!answerer) return undefined
    return byBreaker(answerer) ?? (answerer.kind === 'mcp' ? byConnection(answerer) : byLastLook(answerer))
  }

function byBreaker({ name, breaker }: Answerer): Finding | undefined {
  const failed = `too many requests to ${name} failed in a row`
  if (breaker === 'open')
    return refuse('breaker', `${failed}: calls are refused, but for one now and then that sees whether it is back`)
  if (breaker === 'half-open')
    return refuse('breaker', `${failed}: one call sees whether it is back, others are refused until then`)
  return undefined
}

/** A call waits for the connection that is being made, and brings about the next try. */
function byConnection({ name, state, error }: Answerer): Finding {
  const why = error ? ` (${error})` : ''
  if (state === 'connected') return pass('upstream', `${name} is connected`)
  if (state === 'connecting') return unknown('upstream', `${name} is being connected to: a call waits for that`)
  if (state === 'stale') return unknown('upstream', `${name} is away${why}: a call tries once more, and fails if that fails`)
  if (state === 'sign_in') return refuse('upstream', `${name} cannot be called before somebody has signed in there${why}`)
  return refuse('upstream', `${name} is ${state}`)
}

/** Each call is a request of its own, whatever came of the last look. */
function byLastLook({ name, state, error }: Answerer): Finding {
  if (state === 'connected') return pass('upstream', `${name} is connected`)
  if (state === 'connecting') return unknown('upstream', `${name} has not answered yet: a call is sent to it all the same`)
  if (state === 'stale')
    return unknown(
      'upstream',
      `${name} was away${error ? ` (${error})` : ''} when it was last looked at: a call is sent to it all the same`,
    )
  return refuse('upstream', `${name} is ${state}`)
}

/** Whose a name would be by its prefix, where they are not there. @param configs all that could have it */
export const byPrefix =
  (
    configs: readonly { readonly name: string; readonly prefix: string; readonly disabled: boolean }[],
    states: () => readonly Answerer[],
  ) =>
  (tool: string): string | undefined => {
    const hosts = new Set(configs.filter(({ disabled, prefix }) => !disabled && tool.startsWith(prefix)).map(({ name }) => name))
    const away = states().filter(({ name, state }) => hosts.has(name) && state !== 'connected')
    const words = { connecting: 'is being connected to', stale: 'is away', sign_in: 'waits for a sign-in' } as Record<
      string,
      string
    >
    const all = away.map(({ name, state, error }) => `${name} ${words[state] ?? `is ${state}`}${error ? ` (${error})` : ''}`)
    return all.length ? `${all.join(', ')}, and may have it` : undefined
  }

const one = (finding: Finding | undefined): readonly Finding[] => (finding ? [finding] : [])
