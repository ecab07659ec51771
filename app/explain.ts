/** Why a call is let through or not: the same things that a call meets, in the same order, each with its word and nothing called. */
import type { Access } from './access.ts'
import type { Call, Caller, Command, Json, Via, Who } from './call.ts'
import type { Catalog } from './catalog.ts'
import { Failure } from './errors.ts'
import { idIn } from './keys/text.ts'
import type { Keys } from './keys.ts'

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

export interface ExplainOptions {
  readonly keys: Pick<Keys, 'list'>
  readonly catalog: Pick<Catalog, 'find'>
  /** Asked one after the other, about a tool that exists. */
  readonly looks: readonly Look[]
}

export function createExplain({ keys, catalog, looks }: ExplainOptions): Explain {
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
    } else findings.push(refuse('tool', `nothing of the name ${tool.slice(0, 100)} is offered now`))
    return { allowed: findings.every(({ verdict }) => verdict !== 'refuse'), caller: caller.name, tool, findings }
  }
}

export const pass = (check: string, text: string): Finding => ({ check, verdict: 'pass', text })
export const refuse = (check: string, text: string): Finding => ({ check, verdict: 'refuse', text })

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
    needs?.({ command, caller })
      ? { check: 'approval', verdict: 'unknown', text: `a person has to approve each call of ${command.name}` }
      : undefined

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

/** What is known of whoever answers. @param states how each upstream is doing now */
export const byUpstream =
  (states: () => readonly { name: string; state: string; error: string | null; breaker: string | null }[]): Look =>
  ({ command: { owner } }) => {
    const upstream = states().find(({ name }) => name === owner)
    if (!upstream) return undefined
    const { state, error, breaker } = upstream
    if (breaker === 'open')
      return refuse('breaker', `too many requests to ${owner} failed in a row: it is left alone for a while`)
    return state === 'connected'
      ? pass('upstream', `${owner} is connected`)
      : refuse('upstream', `${owner} is ${state}${error ? `: ${error}` : ''}`)
  }

const one = (finding: Finding | undefined): readonly Finding[] => (finding ? [finding] : [])
