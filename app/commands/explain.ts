/** Tells whoever looks after the server why somebody may call a tool, or may not. */
import type { Json, Via } from '../call.ts'
import type { Explain, Explanation } from '../explain.ts'
import type { Definition } from './command.ts'

const surfaces: readonly Via[] = ['stdio', 'sse', 'http', 'websocket', 'cmd', 'rest', 'admin']

export const explainCommands = (explain: Explain): Definition[] => [
  {
    name: 'explain',
    description:
      'Tells whether the holder of a key could call a tool now, and why: key, scope, rules, pin, limit, circuit breaker and the state of the ' +
      'upstream, in the order in which a call meets them. Nothing is called and nothing is counted.',
    input: {
      type: 'object',
      properties: {
        key: { type: 'string', description: 'Name or id of an API key; local or stdio for callers without one' },
        tool: { type: 'string', description: 'Name of the tool' },
        surface: { type: 'string', description: 'The way in', enum: surfaces, default: 'http' },
        arguments: { type: 'object', description: 'Arguments of the call; without them, whether it could be called with any' },
      },
      required: ['key', 'tool'],
    },
    returns: '`allowed`, `caller`, `tool`, and `findings`: a list of check, verdict (pass, refuse, unknown) and text.',
    scope: 'admin',
    readOnly: true,
    run: ({ key, tool, surface = 'http', arguments: values }) =>
      explain({ key: String(key), tool: String(tool), via: surface as Via, values: values as Json | undefined }),
    summary: (answer) => inWords(answer as unknown as Explanation),
  },
]

const inWords = ({ allowed, caller, tool, findings }: Explanation): string =>
  [
    `${caller} may ${allowed ? '' : 'not '}call ${tool}`,
    ...findings.map(({ check, verdict, text }) => `${verdict.padEnd(7)} ${check.padEnd(8)} ${text}`),
  ].join('\n')
