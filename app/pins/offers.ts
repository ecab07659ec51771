/** What upstreams offer at this moment, as they say it themselves, to everybody or to one person. */
import type { Command } from '../call.ts'
import { formOf, hashOf, pinNameOf } from './form.ts'
import { keyOf } from './known.ts'
import type { Form, Pin, PinKind } from './words.ts'

export interface Entry {
  readonly kind: PinKind
  /** As pins have it. */
  readonly name: string
  readonly form: Form
  /** Undefined where it cannot be made. */
  readonly hash: string | undefined
  /** None for instructions. */
  readonly command?: Command
}

export interface Offer {
  readonly owner: string
  /** The one who is offered it; without, everybody is. */
  readonly person?: string
  readonly entries: readonly Entry[]
}

/** One entry a name: of what is said twice the catalogue lists the first, so that is what is looked at. */
export function entriesOf(commands: readonly Command[]): Entry[] {
  const entries = new Map<string, Entry>()
  for (const command of commands) {
    const [kind, name] = [command.kind as PinKind, pinNameOf(command.name)]
    const key = `${kind} ${name}`
    if (entries.has(key)) continue
    const form = formOf(command)
    entries.set(key, { kind, name, form, hash: hashOf(form), command })
  }
  return [...entries.values()]
}

/** What an upstream says to models about its use is read by them as its descriptions are. */
export function instructionsEntry(instructions: string): Entry {
  const form = { definition: { instructions } }
  return { kind: 'instructions', name: 'instructions', form, hash: hashOf(form) }
}

export class Offers {
  private readonly offers = new Map<string, Map<string, Offer>>()
  /** Who is offered a thing in which form. */
  private readonly forms = new Map<string, Map<string, string>>()

  put(offer: Offer): void {
    const { owner, entries } = offer
    const audience = audienceOf(offer)
    this.drop(owner, audience)
    const its = this.offers.get(owner) ?? new Map<string, Offer>()
    this.offers.set(owner, its.set(audience, offer))
    for (const { kind, name, hash = '' } of entries) {
      const key = keyOf({ upstream: owner, kind, name })
      const forms = this.forms.get(key) ?? new Map<string, string>()
      this.forms.set(key, forms.set(audience, hash))
    }
  }

  remove(owner: string, person?: string): void {
    this.drop(owner, audienceOf({ owner, person, entries: [] }))
  }

  removeInstructions(owner: string): void {
    this.drop(owner, instructions)
  }

  /** The forms in which the thing is offered now; none for what is not. */
  hashes(pin: Pick<Pin, 'upstream' | 'kind' | 'name'>): string[] {
    return [...(this.forms.get(keyOf(pin))?.values() ?? [])]
  }

  of(owner: string): Offer[] {
    return [...(this.offers.get(owner)?.values() ?? [])]
  }

  all(): Offer[] {
    return [...this.offers.keys()].flatMap((owner) => this.of(owner))
  }

  private drop(owner: string, audience: string): void {
    const before = this.offers.get(owner)?.get(audience)
    for (const { kind, name } of before?.entries ?? []) {
      const key = keyOf({ upstream: owner, kind, name })
      const forms = this.forms.get(key)
      forms?.delete(audience)
      if (forms?.size === 0) this.forms.delete(key)
    }
    this.offers.get(owner)?.delete(audience)
  }
}

const instructions = 'instructions'
const audienceOf = ({ person, entries }: Offer): string =>
  entries[0]?.kind === 'instructions' ? instructions : person === undefined ? 'everybody' : `person ${person}`
