/** Finds a tool in a system that has just been started: an upstream that is met for the first time needs a moment to say what it has. */
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Yard } from '../yard.ts'

/** Milliseconds for such an upstream; a first `npx` has to download it. */
const patience = 30_000
const lookEvery = 250

export interface FindOptions {
  readonly stopping: AbortSignal
  /** Hears which upstreams are being waited for. */
  waitingFor(names: string): void
}

/**
 * Settles when the tool is there.
 * @throws Failure when no upstream can be expected to bring it any more; it names the nearest tool, or the upstream that is away
 */
export async function findTool(
  name: string,
  { catalog, health, settled }: Yard,
  { stopping, waitingFor }: FindOptions,
): Promise<void> {
  // By its prefix a name says whose it is.
  const hosts = settled.config.upstreams.filter(({ disabled, prefix }) => !disabled && name.startsWith(prefix))
  const end = Date.now() + patience
  while (!catalog.find('tool', name)) {
    stopping.throwIfAborted()
    const { components } = await health.report()
    const states = hosts.map((host) => ({ name: host.name, state: components[`upstream:${host.name}`]?.detail ?? '' }))
    const connecting = states.filter(({ state }) => state === 'connecting').map((host) => host.name)
    const away = states.find(({ state }) => state.startsWith('away'))
    if (connecting.length === 0 || Date.now() > end) {
      // It may have come while the health was looked at.
      if (catalog.find('tool', name)) return
      throw unknown(name, catalog, away ?? states.find(({ state }) => state === 'connecting'))
    }
    waitingFor(connecting.join(', '))
    await change(catalog)
  }
}

/**
 * Settles when whoever offers the tool has answered, or is found to be away: what was known of them earlier is offered before that. Gives
 * up when it takes too long.
 */
export async function meetOwner(name: string, { catalog, health }: Yard, { stopping, waitingFor }: FindOptions): Promise<void> {
  const owner = catalog.find('tool', name)?.owner
  const end = Date.now() + patience
  while (owner !== undefined && Date.now() < end) {
    stopping.throwIfAborted()
    const { components } = await health.report()
    if (components[`upstream:${owner}`]?.detail !== 'connecting') return
    waitingFor(owner)
    await change(catalog)
  }
}

function unknown(name: string, catalog: Catalog, host: { name: string; state: string } | undefined): Failure {
  const known = catalog.all().filter(({ kind }) => kind === 'tool')
  const guess = nearest(
    name,
    known.map((tool) => tool.name),
  )
  const hint = guess ? `did you mean ${guess}?` : '`switchyard call help` lists what there is'
  const reason = host ? `the upstream ${host.name} does not say which tools it has (${host.state})` : hint
  return new Failure('unknown_command', `unknown tool ${name}: ${reason}`)
}

/** Settles when the catalogue changes, and now and then: an upstream that fails changes nothing in it. */
function change(catalog: Catalog): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      forget()
      resolve()
    }
    const timer = setTimeout(done, lookEvery)
    const forget = catalog.onChange(done)
  })
}
