/** Pins as people and programs are shown them. */
import type { Catalog } from '../catalog.ts'
import type { Pins } from '../pins.ts'
import { changesIn, type FieldChange } from './diff.ts'
import { createShadows, originalIn } from './names.ts'
import type { Mark, Mode, Pin, PinKind } from './words.ts'

/** Times are ISO 8601. */
export interface PinView {
  readonly id: string
  readonly upstream: string
  readonly kind: PinKind
  readonly name: string
  /** `changed` since it was approved; `new` where nothing of it was approved yet. */
  readonly state: 'approved' | 'changed' | 'new'
  /** Whether its upstream offers it now. */
  readonly offered: boolean
  readonly hash: string | null
  readonly approved_at: string | null
  readonly approved_by: string | null
  /** What is offered now, where that is something else: to be given to whoever approves it. */
  readonly pending_hash: string | null
  readonly changed_at: string | null
  readonly marks: readonly Mark[]
  /** What has changed; empty where nothing has, and in long lists left out after the first ones. */
  readonly changes?: readonly FieldChange[]
}

export interface PinsView {
  readonly mode: Mode
  readonly counts: { readonly all: number; readonly changed: number; readonly suspicious: number }
  readonly pins: readonly PinView[]
  /** How many more there are. */
  readonly left_out: number
}

export type Show = 'attention' | 'changed' | 'suspicious' | 'all'

export interface PinsQuery {
  readonly show: Show
  readonly upstream?: string
  readonly name?: string
}

const most = 500
/** Making one may take some milliseconds. */
const mostChanges = 50

/** Changed ones first, then by upstream and name. */
export function pinsView(
  pins: Pick<Pins, 'mode' | 'list'>,
  catalog: Pick<Catalog, 'all' | 'refused'>,
  query: PinsQuery,
): PinsView {
  const tools = catalog.all().filter(({ kind }) => kind === 'tool')
  const shadowsOf = createShadows(
    tools,
    catalog.refused().filter(({ list }) => list === 'tools'),
  )
  const all = pins.list().flatMap(({ pin, offered }) => {
    const marks =
      offered && pin.kind === 'tool' ? [...pin.marks, ...shadowsOf(pin.name, pin.upstream, givenName(pin))] : pin.marks
    return pin.id === undefined ? [] : [{ pin, offered, marks, view: viewOf(pin, pin.id, offered, marks) }]
  })
  const isChanged = ({ view }: { view: PinView }) => view.state !== 'approved' && view.offered
  const isSuspicious = ({ view }: { view: PinView }) => view.marks.length > 0 && view.offered
  const shows = {
    all: () => true,
    changed: isChanged,
    suspicious: isSuspicious,
    attention: (one: { view: PinView }) => isChanged(one) || isSuspicious(one),
  }
  const found = all
    .filter(({ pin }) => (query.upstream ?? pin.upstream) === pin.upstream && (query.name ?? pin.name) === pin.name)
    .filter(shows[query.show])
    .sort((a, b) => Number(isChanged(b)) - Number(isChanged(a)) || (placeOf(a.pin) < placeOf(b.pin) ? -1 : 1))
  const shown = found.slice(0, most).map(({ pin, view }, index) => ({
    ...view,
    ...(index < mostChanges ? { changes: pin.pendingForm ? changesIn(pin.form, pin.pendingForm) : [] } : {}),
  }))
  const counts = { all: all.length, changed: all.filter(isChanged).length, suspicious: all.filter(isSuspicious).length }
  return { mode: pins.mode, counts, pins: shown, left_out: found.length - shown.length }
}

export function viewOf(pin: Pin, id: string, offered: boolean, marks: readonly Mark[] = pin.marks): PinView {
  const approved = pin.hash !== null
  return {
    id,
    upstream: pin.upstream,
    kind: pin.kind,
    name: pin.name,
    state: !approved ? 'new' : pin.pendingHash === null ? 'approved' : 'changed',
    offered,
    hash: pin.hash,
    approved_at: approved ? pin.approvedAt.toISOString() : null,
    approved_by: approved ? pin.approvedBy : null,
    pending_hash: pin.pendingHash,
    changed_at: pin.pendingHash === null ? null : (pin.changedAt?.toISOString() ?? null),
    marks,
  }
}

const givenName = ({ form, pendingForm }: Pin): string | undefined => originalIn((pendingForm ?? form)?.definition._meta)

const placeOf = ({ upstream, kind, name }: Pin): string => `${upstream}\0${kind}\0${name}`
