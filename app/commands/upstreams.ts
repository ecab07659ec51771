/** The systems behind this one: which are connected, and what those that are not are waiting for. */
import type { Definition } from './command.ts'

/** @param states how each upstream is doing now, as it is shown */
export const upstreamCommands = (states: () => readonly object[]): Definition[] => [
  {
    name: 'upstreams',
    description:
      'Shows each upstream: whether it is connected, how many tools, resources and prompts it offers, and for one that is away ' +
      'the error and the time of the next try.',
    returns: '`upstreams`: a list.',
    scope: 'admin',
    readOnly: true,
    run: () => ({ upstreams: states() }),
  },
]
