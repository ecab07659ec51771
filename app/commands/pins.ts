/** What upstreams say of their tools, and whether it is still what was approved: for admins. */
import { actorOf } from '../actor.ts'
import type { Catalog } from '../catalog.ts'
import { pinsView, type Show, viewOf } from '../pins/view.ts'
import type { Pins } from '../pins.ts'
import type { Definition } from './command.ts'

const shows: readonly Show[] = ['attention', 'changed', 'suspicious', 'all']

export const pinCommands = (pins: Pins, catalog: Pick<Catalog, 'all' | 'refused'>): Definition[] => [
  {
    name: 'pins',
    description:
      'Lists what upstreams say of their tools, resources and prompts and how that compares with what was approved: what changed since, field by ' +
      'field, and what looks suspicious. Approve a change with pin_approve.',
    params: {
      show: {
        type: 'string',
        description:
          'changed: what is not as it was approved; suspicious: what has marks; attention: both; all: everything that is pinned',
        enum: shows,
        default: 'attention',
      },
      upstream: { type: 'string', description: 'Only what this upstream offers' },
      name: { type: 'string', description: 'Only what has this name' },
    },
    returns:
      '`mode`, `counts` of all, changed and suspicious, `left_out`, and `pins`: a list of id, upstream, kind, name, state (approved, changed, new), offered, ' +
      'approved_at, approved_by, pending_hash, changed_at, marks (id, text, field, excerpt) and changes (field, pieces that stayed, went and came).',
    scope: 'admin',
    readOnly: true,
    run: ({ show, upstream, name }) =>
      pinsView(pins, catalog, {
        show: show as Show,
        ...(upstream === undefined ? {} : { upstream: String(upstream) }),
        ...(name === undefined ? {} : { name: String(name) }),
      }),
  },
  {
    name: 'pin_approve',
    description:
      'Approves what an upstream says now of a tool, resource or prompt, so that it is listed and can be called as it is. Look at the change with pins first: ' +
      'the hash says which form you have looked at.',
    params: {
      id: { type: 'string', description: 'The id of the pin', required: true },
      hash: { type: 'string', description: 'Its pending_hash', required: true },
    },
    returns: 'The pin as it is now, as in pins.',
    scope: 'admin',
    async run({ id, hash }, { caller }) {
      const pin = await pins.approve(String(id), String(hash), actorOf(caller))
      return { ...viewOf(pin, String(id), true) }
    },
    summary: ({ kind, name, upstream }) => `The ${kind} ${name} of ${upstream} is approved as it is now.`,
  },
]
