/** 2026-07-28: `subscriptions/listen`, with filters that are none, too many, too often, and taken back in every way. */
import type { Json } from '../../../app/call.ts'
import { notification } from '../../fakes/wire.ts'
import { all, badParams, refused, result, status } from '../classes.ts'
import { type Entry, type Expected, modernWays, type Subject, streams } from '../entry.ts'
import { headersOf, modernRequest } from '../modern.ts'
import { shown } from '../shown.ts'

const listen = (notifications: unknown, id: number | string = 7) =>
  modernRequest('subscriptions/listen', { notifications } as Json, {}, id)
const tools = { toolsListChanged: true }
const cancelled = (requestId: unknown) => notification('notifications/cancelled', { requestId })

const wrong: readonly unknown[] = [
  undefined,
  null,
  'all',
  true,
  5,
  [],
  ['toolsListChanged'],
  { toolsListChanged: 'yes' },
  { toolsListChanged: 1 },
  { toolsListChanged: null },
  { promptsListChanged: {} },
  { resourcesListChanged: [] },
  { resourceSubscriptions: 'notes://all' },
  { resourceSubscriptions: {} },
  { resourceSubscriptions: [5] },
  { resourceSubscriptions: [null] },
  { resourceSubscriptions: [['notes://all']] },
  { resourceSubscriptions: true },
]

const empty: readonly Json[] = [
  {},
  { toolsListChanged: false },
  { unknownListChanged: true },
  { resourceSubscriptions: [] },
  JSON.parse('{"__proto__":{"toolsListChanged":true}}'),
]

/** As many as one client may have open, and some more. */
const open = 100
const some = 20
const lines = (messages: readonly object[]) => messages.map((message) => JSON.stringify(message)).join('\n')
const tooMany: readonly Expected[] = Array.from({ length: some }, () => refused([-32000, -31429], 7))

/** Over HTTP a listener has to leave: what comes first is all that is looked at. */
function asked(notifications: unknown): Json {
  const body = JSON.stringify(listen(notifications))
  return {
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headersOf(Buffer.from(body)),
    },
    body,
  }
}

export const modernListen: Subject = {
  name: 'in 2026-07-28 listening',
  entries: [
    ...wrong.map(
      (notifications): Entry => ({
        name: `to ${shown(notifications)} is refused`,
        over: modernWays,
        send: listen(notifications),
        expect: badParams(7),
      }),
    ),
    ...empty.map(
      (notifications): Entry => ({
        name: `to nothing ends at once: ${shown(notifications)}`,
        over: modernWays,
        send: listen(notifications),
        expect: result(7),
      }),
    ),
    { name: 'that is taken back gets no answer', over: streams, steps: [listen(tools), cancelled(7)], expect: all() },
    {
      name: 'twice with one id is taken back together',
      over: streams,
      steps: [listen(tools), listen(tools), cancelled(7)],
      expect: all(),
    },
    {
      name: 'that is taken back by somebody else goes on',
      over: streams,
      steps: [listen(tools), cancelled('7'), cancelled(8), cancelled(7)],
      expect: all(),
    },
    {
      name: 'to what is not there is acknowledged',
      over: streams,
      steps: [listen({ ...tools, resourceSubscriptions: ['nowhere://at/all', '', 'a:\0'] }), cancelled(7)],
      expect: all(),
    },
    {
      name: 'to one resource a thousand times is once',
      over: streams,
      steps: [listen({ resourceSubscriptions: Array(1000).fill('notes://all') }), cancelled(7)],
      expect: all(),
    },
    {
      name: 'to five thousand resources is bounded',
      over: streams,
      steps: [
        () => listen({ ...tools, resourceSubscriptions: Array.from({ length: 5000 }, (_, at) => `notes://${at}`) }),
        cancelled(7),
      ],
      expect: all(),
    },
    {
      name: 'to names of a megabyte is acknowledged',
      over: streams,
      steps: [() => listen({ ...tools, resourceSubscriptions: [`notes://${'n'.repeat(1024 * 1024)}`] }), cancelled(7)],
      expect: all(),
    },
    {
      name: 'without an id is not answered',
      over: streams,
      send: { ...listen(tools), id: undefined },
      expect: { kind: 'silence' },
    },
    { name: 'in a session that ends ends with it', over: ['sse', 'ws'], send: listen(tools), expect: all() },
    {
      name: 'one after the other is bounded',
      over: ['ws', 'stdio'],
      steps: [...Array.from({ length: open + some }, () => listen(tools)), cancelled(7)],
      expect: all(...tooMany),
    },
    {
      name: 'all at once is bounded',
      over: ['stdio'],
      steps: [lines(Array.from({ length: open + some }, () => listen(tools))), cancelled(7)],
      expect: all(...tooMany),
    },
    { name: 'over HTTP ends when the client leaves', ask: asked(tools), expect: status(200) },
    {
      name: 'over HTTP to what is not there ends when the client leaves',
      ask: asked({ resourceSubscriptions: ['nowhere://at/all'] }),
      expect: status(200),
    },
  ],
}
