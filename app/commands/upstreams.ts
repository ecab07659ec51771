/** The systems behind this one: which are connected, and what those that are not are waiting for. */
import { actorOf } from '../actor.ts'
import type { SignIns } from '../upstreams/oauth/index.ts'
import type { Definition } from './command.ts'

/** @param states how each upstream is doing now, as it is shown */
export const upstreamCommands = (states: () => readonly object[], signIns: SignIns): Definition[] => [
  {
    name: 'upstreams',
    description:
      'Shows each upstream: whether it is connected, how many tools, resources and prompts it offers, and for one that is away ' +
      'the error and the time of the next try. One in the state sign_in waits for a person: upstream_sign_in.',
    returns: '`upstreams`: a list.',
    scope: 'admin',
    readOnly: true,
    run: () => ({ upstreams: states() }),
  },
  {
    name: 'upstream_sign_in',
    description:
      'Begins the sign-in at an upstream that wants one. A person opens the page whose address comes back, within ten minutes; then ' +
      'the upstream connects by itself.',
    params: {
      upstream: { type: 'string', description: 'Its name', required: true },
      callback: {
        type: 'string',
        description: 'Where the browser comes back to, /oauth/callback of the admin port as the person reaches it',
      },
    },
    // The history masks a member of this name: whoever reads it must not finish what another has begun.
    returns: '`authorization`: the address of the page.',
    scope: 'admin',
    async run({ upstream, callback }, { caller }) {
      const back = callback === undefined ? undefined : String(callback)
      return { upstream, authorization: await signIns.begin(String(upstream), back, actorOf(caller)) }
    },
    summary: ({ upstream }) => `The sign-in at ${upstream} has begun. Its page is in authorization of the structured answer.`,
  },
  {
    name: 'upstream_sign_out',
    description: 'Forgets what an upstream gave us when somebody signed in. It is away then until somebody signs in again.',
    params: { upstream: { type: 'string', description: 'Its name', required: true } },
    returns: '`upstream`: its name.',
    scope: 'admin',
    async run({ upstream }, { caller }) {
      await signIns.end(String(upstream), actorOf(caller))
      return { upstream }
    },
  },
]
