/**
 * Stands between upstreams and the catalogue: what an upstream says of its tools, resources and prompts is approved when it is first seen, and
 * does not change unnoticed after that. No kind of upstream knows of it: it is given a catalogue that looks first.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from './call.ts'
import type { Catalog } from './catalog.ts'
import { Failure } from './errors.ts'
import type { Health, Service } from './lifecycle.ts'
import type { Log } from './log.ts'
import { fieldsOf } from './pins/diff.ts'
import { createKnown } from './pins/known.ts'
import { marksIn } from './pins/marks.ts'
import { type Entry, entriesOf, instructionsEntry, type Offer, Offers } from './pins/offers.ts'
import { type Form, firstSight, type Mode, type Pin } from './pins/words.ts'
import type { Bus } from './store/bus.ts'
import type { PinStore } from './store/pins.ts'

export interface Pins extends Service {
  readonly mode: Mode
  /** What upstreams are given in the place of the catalogue. */
  readonly catalog: Catalog
  /** All pins, and whether somebody is offered the thing now. */
  list(): readonly { readonly pin: Pin; readonly offered: boolean }[]
  /**
   * Approves what an upstream offers now, here at once and on the other replicas within seconds.
   * @param hash of the form that was looked at
   * @throws Failure `invalid_arguments` for what is no pin, `conflict` where it is another form by now, `unavailable` without the database
   */
  approve(id: string, hash: string, actor: string): Promise<Pin>
  /** None where nothing is pinned. */
  check?(): Health
  stop(): Promise<void>
}

export interface PinsOptions {
  readonly mode: Mode
  readonly store: PinStore
  readonly catalog: Catalog
  readonly bus: Pick<Bus, 'tell' | 'hear'>
  readonly log: Log
  /** Milliseconds between two looks at what other replicas have approved. */
  readonly lookEvery?: number
}

const topic = 'pins'
/** Milliseconds in which what is seen is gathered before it is written. */
const settleTime = 50
/** Milliseconds that a stop waits for what is being written. */
const lastMoment = 1_000

export async function openPins({ mode, store, catalog, bus, log, lookEvery = 5_000 }: PinsOptions): Promise<Pins> {
  const offers = new Offers()
  const known = createKnown(store, log, storeSays)
  /** Upstreams that were seen for the first time a moment ago: what they say next is part of it. */
  const fresh = new Set<string>()
  /** What came while it could not be looked at. */
  const unmet = new Set<Offer>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  /** Compares an offer with what is pinned. @param news it has just come, so that what is pending may be over */
  function meet(offer: Offer, news: boolean): void {
    // Without the store nothing can be told to be new, and nothing new is trusted.
    if (!known.loaded || (mode === 'approve' && known.trouble !== undefined)) {
      if (news) unmet.add(offer)
      return
    }
    const { owner, entries } = offer
    const isFirst = !known.has(owner) || fresh.has(owner)
    for (const entry of entries) {
      const pin = known.get(owner, entry.kind, entry.name)
      if (entry.hash === undefined) continue
      if (!pin) seeFirst(owner, entry, entry.hash, isFirst || mode === 'warn')
      else if (news) compare(pin, entry, entry.hash)
    }
  }

  function seeFirst(upstream: string, { kind, name, form }: Entry, hash: string, trusted: boolean): void {
    const marks = marksIn(kind, form)
    const base = { id: undefined, upstream, kind, name, approvedAt: new Date(), marks }
    if (trusted) {
      if (!fresh.has(upstream)) setImmediate(() => fresh.delete(upstream))
      fresh.add(upstream)
      put({ ...base, hash, form, approvedBy: firstSight, pendingHash: null, pendingForm: null, changedAt: null })
    } else {
      put({ ...base, hash: null, form: null, approvedBy: '', pendingHash: hash, pendingForm: form, changedAt: new Date() })
      log.warn('new definition waits for approval', { upstream, kind, name })
    }
    if (marks.length > 0) log.warn('suspicious definition', { upstream, kind, name, marks: marks.map(({ id }) => id) })
  }

  function compare(pin: Pin, { kind, form }: Entry, hash: string): void {
    const { upstream, name } = pin
    if (hash === pin.hash) {
      // People of one upstream may be offered different forms; as long as one of them is, there is something to look at.
      if (pin.pendingHash === null || offers.hashes(pin).some((other) => other !== hash)) return
      put({ ...pin, pendingHash: null, pendingForm: null, changedAt: new Date(), marks: marksIn(kind, form) })
      log.info('definition is the approved one again', { upstream, kind, name })
    } else if (hash !== pin.pendingHash) {
      const marks = marksIn(kind, form)
      put({ ...pin, pendingHash: hash, pendingForm: form, changedAt: new Date(), marks })
      const fields = pin.form ? fieldsOf(pin.form, form) : []
      log.warn('definition changed', { upstream, kind, name, fields, marks: marks.map(({ id }) => id), mode })
    }
  }

  function put(pin: Pin): void {
    known.put(pin)
    timer ??= setTimeout(() => {
      timer = undefined
      void exchange()
    }, settleTime)
  }

  async function exchange(): Promise<void> {
    await known.sync()
    if (known.trouble === undefined) bus.tell(topic, {})
  }

  /** The store knows of other pins than this process did. */
  function storeSays(upstreams: ReadonlySet<string>): void {
    if (stopped) return
    const missed = new Set(unmet)
    unmet.clear()
    for (const offer of offers.all()) {
      meet(offer, missed.has(offer))
      if (missed.has(offer) || upstreams.has(offer.owner)) place(offer)
    }
  }

  function place({ owner, person, entries }: Offer): void {
    const [only] = entries
    if (only?.kind === 'instructions') catalog.instruct(owner, listed(owner, only)?.definition.instructions as string | undefined)
    else
      catalog.offer(
        owner,
        entries.flatMap((entry) => shown(owner, entry)),
        person,
      )
  }

  /** The form that is listed; undefined for nothing. */
  function listed(owner: string, { kind, name, form, hash }: Entry): Form | undefined {
    if (mode === 'warn') return form
    const pin = known.get(owner, kind, name)
    return pin && pin.hash === hash ? form : (pin?.form ?? undefined)
  }

  function shown(owner: string, entry: Entry): Command[] {
    const { command, form } = entry
    const approved = command && listed(owner, entry)
    if (!approved) return []
    return [approved === form ? command : heldBack(command, approved)]
  }

  if (mode !== 'off') await known.sync()
  bus.hear(topic, () => void known.sync())
  const looks = mode === 'off' ? undefined : setInterval(() => void known.sync(), lookEvery)

  return {
    mode,
    catalog: mode === 'off' ? catalog : guarded(),
    list: () => [...known.all()].map((pin) => ({ pin, offered: offers.hashes(pin).length > 0 })),
    async approve(id, hash, actor) {
      // What was seen a moment ago may not be stored yet.
      await known.sync()
      if (![...known.all()].some((pin) => pin.id === id))
        throw new Failure(
          'invalid_arguments',
          `there is no pin with the id "${id.slice(0, 100)}": the list of pins shows which there are`,
        )
      const pin = await store.approve(id, hash, actor)
      if (!pin)
        throw new Failure(
          'conflict',
          'what is offered now is not what you have looked at, or somebody has approved it: look again',
        )
      log.info('definition approved', { upstream: pin.upstream, kind: pin.kind, name: pin.name, actor })
      known.replace(pin)
      for (const offer of offers.of(pin.upstream)) place(offer)
      bus.tell(topic, {})
      return pin
    },
    check: mode === 'off' ? undefined : look,
    async stop() {
      stopped = true
      clearInterval(looks)
      clearTimeout(timer)
      // A database that hangs must not hold up the stop; what is not written is seen again.
      if (mode !== 'off') await Promise.race([known.sync(), sleep(lastMoment, undefined, { ref: false })])
    },
  }

  function look(): Health {
    const changed = [...known.all()].filter((pin) => pin.pendingHash !== null && offers.hashes(pin).length > 0).length
    const { trouble } = known
    const detail = trouble ? `not in step with the database: ${trouble}` : changed > 0 ? `${changed} changed` : undefined
    return { status: trouble ? 'degraded' : 'ok', mode, changed, ...(detail === undefined ? {} : { detail }) }
  }

  function guarded(): Catalog {
    /** What cannot be compared could change unseen, so it is not offered. */
    function comparable({ owner, entries, ...rest }: Offer): Offer {
      for (const { kind, name, hash } of entries)
        if (hash === undefined) log.warn('definition nested too deep, not offered', { upstream: owner, kind, name })
      return { owner, ...rest, entries: entries.filter(({ hash }) => hash !== undefined) }
    }

    function take(given: Offer): void {
      const offer = comparable(given)
      offers.put(offer)
      meet(offer, true)
      place(offer)
    }
    const own: Pick<Catalog, 'offer' | 'withdraw' | 'instruct'> = {
      offer: (owner, commands, person) => take({ owner, person, entries: entriesOf(commands) }),
      withdraw(owner, person) {
        offers.remove(owner, person)
        catalog.withdraw(owner, person)
      },
      instruct(owner, text) {
        if (text) take({ owner, entries: [instructionsEntry(text)] })
        else {
          offers.removeInstructions(owner)
          catalog.instruct(owner, undefined)
        }
      },
    }
    return Object.assign(Object.create(catalog) as Catalog, own)
  }
}

/** The command as it was approved. It is not called as long as its upstream means something else by it. */
function heldBack(command: Command, { definition, notes }: Form): Command {
  const held = `${command.name} has changed since it was approved: it waits for an admin to approve the change, and cannot be called until then`
  const value = (of: unknown) => ({ value: of, enumerable: true })
  return Object.create(command, {
    definition: value(definition),
    notes: value(notes),
    held: value(held),
    // Proposals would come from what was not approved.
    completion: value(undefined),
  })
}
