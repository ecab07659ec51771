/** What every client has to get done at the server: the same demands for all of them. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from './client.ts'
import { calls } from './steps/calls.ts'
import { lists } from './steps/lists.ts'
import { offered, type Step } from './steps/step.ts'
import { upstream } from './steps/upstream.ts'

/** In the order in which they are taken. */
const steps = {
  ...calls,
  ...lists,
  ...upstream,
  ping: (client) => offered(client, 'ping')(),
  close: (client) => client.close(),
} satisfies Record<string, Step>

export type StepName = keyof typeof steps

/** Steps that a client has no way to take, each with the reason. */
export type Lacks = Partial<Record<StepName, string>>

export type Outcome = 'ok' | { readonly notOffered: string } | { readonly failed: string }

/** Milliseconds. */
const patience = 60_000

/** Takes all steps, one after the other; one that fails does not stop the next. */
export async function takeSteps(client: Client, lacks: Lacks, mark: string): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {}
  for (const [name, step] of Object.entries(steps)) {
    const lack = lacks[name as StepName]
    outcomes[name] = lack === undefined ? await outcomeOf(step, client, mark) : { notOffered: lack }
  }
  return outcomes
}

async function outcomeOf(step: Step, client: Client, mark: string): Promise<Outcome> {
  const late = new AbortController()
  const tooLate = delay(patience, undefined, { signal: late.signal }).then(() => {
    throw new Error(`not done within ${patience / 1000} s`)
  })
  tooLate.catch(() => {}) // the step was done in time
  try {
    await Promise.race([step(client, mark), tooLate])
    return 'ok'
  } catch (error) {
    return { failed: failureOf(error) }
  } finally {
    late.abort()
  }
}

/** In one line. */
export function failureOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/\s+/g, ' ').slice(0, 400)
}
