/** docs/compatibility.md, from what a run has found. It says the same after every run that finds the same. */
import type { Transport } from './clients/client.ts'
import type { Report } from './clients/drive.ts'
import type { StepName } from './clients/steps.ts'
import { type Cell, nameOf, type Row, rows } from './matrix.ts'
import { problemsOf, type Results } from './run.ts'

const columns: readonly (readonly [Transport, string])[] = [
  ['stdio', 'stdio'],
  ['sse', 'SSE, `/sse`'],
  ['http', 'Streamable HTTP, `/mcp`'],
  ['websocket', 'WebSocket, `/ws`'],
]

/** What a step is, in words. */
const meanings: Record<StepName, string> = {
  'call a tool': 'a call, answered with text and structured content',
  progress: 'each step of a call is told while the call runs',
  'tool error': 'a tool that refuses, and wrong arguments, are answered in words that a model can read',
  'big answers': 'two at a time, each of more than 3 MiB',
  'log messages': 'those of the level that was asked for, and no others',
  elicitation: 'a tool asks the person, who accepts, and another time declines',
  sampling: 'a tool asks the language model of the client',
  roots: 'a tool asks for the folders of the client',
  'cancelled call': 'the client gives up, and the work at the server ends',
  'list tools': 'the list of tools, with those of an upstream in it',
  resources: 'the list of resources, a text, bytes, and an error for what does not exist',
  'resource templates': 'the list of templates, and a resource that one of them names',
  prompts: 'the list of prompts, one with its arguments, and an error for a missing one',
  completion: 'the argument of a prompt and of a template are completed',
  'completion from other arguments': 'what fits an argument depends on another',
  'changed list': 'a tool that appears while the client is connected is announced, listed and called',
  'changed resource': 'a resource that changes while the client watches it is announced and read again',
  'upstream call': 'a tool of an MCP server of 2025-11-25 behind Switchyard',
  'upstream progress': 'its progress',
  'upstream elicitation': 'its question to the person',
  'upstream sampling': 'its question to the language model',
  ping: 'answered',
  close: 'the connection ends, and no process is left that the client has started',
}

export function pageOf(results: Results): string {
  return `<!-- Made by \`npm run compatibility\`. Change test/compatibility, not this page. -->

# Which clients work

Clients that others have made, each over every transport that it has, all at one Switchyard. \`npm run compatibility\` runs them and
writes this page; \`npm test\` runs them too, and fails when one of them does not work or the page says something else.

## The table

${tableOf(results)}

- A date is the revision of MCP that was spoken; with it everything below has worked that the client has a way to do. An empty cell: the
  client has no such transport.
- *auto*: the client asks the server which revisions it speaks; *legacy*: it does not ask, and opens a session.
- The server is the built one with its default settings, but for the rate limit, because all clients together are one caller here. It has a
  folder of commands, and an upstream of the revisions with sessions behind it. Three clients run at a time.
- Over stdio the client starts a Switchyard of its own while that one runs, with the same configuration and data directory.
- mcp-remote stands between a client that knows stdio alone (here @modelcontextprotocol/sdk 1.32.2) and the transport of the column; the
  revision is the one that it speaks to the server.
- The Inspector and @ai-sdk/mcp run on Node.js 24, the server and all other clients on the Node.js that the tests run on.

## What each of them does

${Object.entries(meanings)
  .map(([step, meaning]) => `- **${step}**: ${meaning}`)
  .join('\n')}

## What a client has no way to do

${lacksOf(results)}

## What to know

- No client needs a setting at the server. Those that ask for the revision get 2026-07-28, the others the newest that they know, at the same
  URL and at the same time.
- Give new clients \`/mcp\`. SSE and WebSocket are for clients that have nothing else; what works over them is the same.
- In *auto* mode a client may start a stdio server twice, the first time only to ask for the revision. Switchyard bears that, and others
  beside it on the same data directory: the first one holds the ports, all of them share the database.
- @ai-sdk/mcp over stdio waits one second for the answer to its first question and then takes an older revision, with which everything works
  as well. Here it was told to wait (\`waitsForProtocolVersionDiscovery\` of its transport).
- mcp-remote passes a subscription to a resource on some seconds after it has said yes to it: changes in between are not announced.
- A question to the person or to the model works in both eras, also when it comes from an upstream that knows the old one alone. A client
  that did not declare that it can answer gets an error that names what is missing.
`
}

const row = (values: readonly string[]) => `| ${values.join(' | ')} |`

function tableOf(results: Results): string {
  const head = [row(['client', ...columns.map(([, title]) => title)]), row(['---', ...columns.map(() => '---')])]
  return [
    ...head,
    ...rows.map((client) => row([nameOf(client), ...columns.map(([transport]) => cellOf(results, client, transport))])),
  ].join('\n')
}

function cellOf(results: Results, client: Row, transport: Transport): string {
  const [found] = ofRow(results, client).filter(([cell]) => cell.transport === transport)
  if (!found) return ''
  const problems = problemsOf(...found)
  const version = 'version' in found[1] ? found[1].version : ''
  return problems.length === 0 ? version : `${version} **fails**: ${problems.join('; ')}`.replaceAll('|', '\\|').trim()
}

const ofRow = (results: Results, client: Row): (readonly [Cell, Report])[] => [...results].filter(([cell]) => cell.row === client)

/** A line for each client and reason: which steps, and where not everywhere, over which transports. */
function lacksOf(results: Results): string {
  return rows
    .map((client) => {
      const lines = linesOf(ofRow(results, client))
      return lines.length === 0 ? `- **${nameOf(client)}**: nothing` : [`- **${nameOf(client)}**`, ...lines].join('\n')
    })
    .join('\n')
}

function linesOf(found: readonly (readonly [Cell, Report])[]): string[] {
  const steps = new Map<string, string[]>()
  for (const step of Object.keys(meanings)) {
    const lacking = found.flatMap(([{ transport }, report]) => {
      const outcome = 'steps' in report ? report.steps[step] : undefined
      return typeof outcome === 'object' && 'notOffered' in outcome ? [{ transport, reason: outcome.notOffered }] : []
    })
    const [first] = lacking
    if (!first) continue
    const some = lacking.length < found.length ? ` over ${lacking.map(({ transport }) => transport).join(', ')}` : ''
    steps.set(first.reason, [...(steps.get(first.reason) ?? []), step + some])
  }
  return [...steps].map(([reason, names]) => `  - ${names.join(', ')}: ${reason}`)
}
