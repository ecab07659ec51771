/** The only way in to a command: whoever wants one called, whatever it is, comes through here. */
import { randomUUID } from 'node:crypto'
import { inWords, lacking } from './abilities.ts'
import type { Answers, Call, Caller, Client, Command, Json, Kind, Place, Policy, Questions, Result, Step, Via } from './call.ts'
import { Canceller } from './canceller.ts'
import type { Catalog } from './catalog.ts'
import { Failure, Hidden } from './errors.ts'
import { nearest } from './nearest.ts'
import { scopeToLearn } from './scopes.ts'
import { shown } from './shown.ts'

/** What a surface hands in. */
export interface Wish {
  /** A UUID, where the surface wants to say under which id the call stands in the history. */
  readonly id?: string
  readonly kind: Kind
  /** A tool's or prompt's name, or a resource's URI. */
  readonly name: string
  readonly arguments?: Json
  readonly caller: Caller
  readonly via: Via
  readonly session?: string
  readonly meta?: Json
  readonly logLevel?: string
  /** How the surface cancels this call; or `signal`, where it has one for several. */
  readonly cancel?: Canceller
  readonly signal?: AbortSignal
  readonly notify?: Call['notify']
  /** Whom the call may ask; nobody without it. */
  readonly client?: Client
  readonly admitted?: Call['admitted']
  readonly quiet?: boolean
}

export interface Switch {
  /** Finds the command and runs it through every policy. Throws a Failure, never anything else that may be shown outside. */
  call(wish: Wish): Promise<Result>
  /** Calls that are running now. */
  running(): number
}

/** @param policies in the order in which a call meets them: the list in main.ts is the only place where that order stands */
export function createSwitch(catalog: Catalog, policies: readonly Policy[]): Switch {
  const way = policies.reduceRight<Step>((next, policy) => policy(next), runCommand)
  let running = 0
  return {
    running: () => running,
    async call(wish) {
      running++
      const cancel = wish.cancel ?? new Canceller()
      const follow = () => cancel.abort(causeOf(wish.signal) ?? new Failure('cancelled', 'the caller went away'))
      if (wish.signal?.aborted) follow()
      else wish.signal?.addEventListener('abort', follow)
      let call: RunningCall | undefined
      try {
        call = new RunningCall(wish, cancel, catalog.find(wish.kind, wish.name, wish) ?? nobodys(wish, catalog))
        return await way(call)
      } finally {
        running--
        call?.over()
        wish.signal?.removeEventListener('abort', follow)
      }
    },
  }
}

function runCommand(call: Call): Promise<Result> {
  return call.admitted ? runAdmitted(call, call.admitted) : call.command.run(call)
}

async function runAdmitted(call: Call, admitted: () => Promise<void>): Promise<Result> {
  await admitted()
  // Who has been told meanwhile that it was cut off must not find it done.
  if (call.cancel.aborted) throw new Failure('cancelled', `the call of ${call.command.name} was cancelled`)
  return call.command.run(call)
}

/** Why the surface took it back, where it says so. */
const causeOf = (signal: AbortSignal | undefined): Failure | undefined =>
  signal?.reason instanceof Failure ? signal.reason : undefined

const nobodyListens = () => {}
const noArguments: Json = Object.freeze({})

/** A class, because an object made with a getter in it costs twenty times as much. */
class RunningCall implements Call {
  readonly id: string
  readonly command: Command
  readonly caller: Caller
  readonly via: Via
  readonly session: string | undefined
  arguments: Json
  readonly meta: Json | undefined
  readonly logLevel: string | undefined
  readonly cancel: Canceller
  readonly quiet: boolean | undefined
  readonly startedAt = Date.now()
  readonly notify: Call['notify']
  readonly client: Client | undefined
  readonly admitted: Call['admitted']
  private waiting = 0
  private place: Place | undefined
  /** Seldom needed. */
  private morePlaces: Place[] | undefined

  constructor(wish: Wish, cancel: Canceller, command: Command) {
    this.id = wish.id ?? randomUUID()
    this.command = command
    this.caller = wish.caller
    this.via = wish.via
    this.session = wish.session
    this.arguments = wish.kind === 'resource' ? { uri: wish.name } : (wish.arguments ?? noArguments)
    this.meta = wish.meta
    this.logLevel = wish.logLevel
    this.cancel = cancel
    this.quiet = wish.quiet
    this.notify = wish.notify ?? nobodyListens
    this.client = wish.client
    this.admitted = wish.admitted && this.uncounted(wish.admitted)
  }

  /** Whatever has to be done before the command may run is no time of the command's. */
  private uncounted(work: () => Promise<void>): () => Promise<void> {
    return async () => {
      this.waiting++
      try {
        await work()
      } finally {
        this.waiting--
      }
    }
  }

  supply(values: Json): void {
    this.arguments = { ...this.arguments, ...values }
  }

  hold(place: Place): void {
    if (!this.place) this.place = place
    else this.morePlaces = [...(this.morePlaces ?? []), place]
  }

  over(): void {
    this.place?.leave()
    if (this.morePlaces) for (const place of this.morePlaces) place.leave()
  }

  get asking(): boolean {
    return this.waiting > 0
  }

  async ask(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    const { client } = this
    const missing = lacking(client?.abilities ?? noArguments, questions)
    if (!client || missing) throw clientLacks(this.command.name, missing)
    this.waiting++
    try {
      return await client.ask(questions, taken)
    } finally {
      this.waiting--
    }
  }

  get signal(): AbortSignal {
    return this.cancel.signal
  }
}

function clientLacks(name: string, missing: Json | undefined): Failure {
  const what = inWords(missing ?? {}) || 'questions'
  return new Failure('client_lacks', `${name} needs ${what}, which this client did not declare that it can do`, {
    data: { requiredCapabilities: missing ?? {} },
  })
}

/**
 * Stands in for what does not exist, or not for this caller, so that it is measured, limited and recorded like any other call. The two cannot
 * be told apart from outside; the history knows.
 */
function nobodys(wish: Wish, catalog: Catalog): Command {
  const { kind, name } = wish
  const hidden = catalog.find(kind, name)
  return {
    kind,
    name,
    owner: hidden?.owner ?? '',
    scope: scopeToLearn(kind),
    definition: {},
    absent: true,
    async run() {
      const told = shown(name)
      const cause = hidden && new Hidden()
      if (kind === 'resource') throw new Failure('unknown_resource', `unknown resource ${told}`, { data: { uri: told }, cause })
      const names = catalog.list(kind === 'tool' ? 'tools' : 'prompts', wish).map((command) => command.name)
      const meant = name.length > 100 ? undefined : nearest(name, names)
      throw new Failure('unknown_command', `unknown ${kind} "${told}"${meant ? `: did you mean "${meant}"?` : ''}`, { cause })
    },
  }
}
