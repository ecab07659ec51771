/** What to put into which client so that it talks to this server. */
import { useState } from 'react'
import { Copyable } from './copy.tsx'

interface Urls {
  mcp: string
  sse: string
}

interface Client {
  name: string
  where: string
  text(urls: Urls): string
}

const json = (value: unknown) => JSON.stringify(value, null, 2)
const isLocal = (url: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
/** mcp-remote carries stdio to a URL; it wants to be told that plain http is meant. */
const bridge = (url: string) => ['-y', 'mcp-remote', url, ...(url.startsWith('http:') && !isLocal(url) ? ['--allow-http'] : [])]

const clients: readonly Client[] = [
  { name: 'Claude Code', where: 'Run in a terminal', text: ({ mcp }) => `claude mcp add --transport http switchyard ${mcp}` },
  {
    name: 'Claude Desktop',
    where: 'Settings, Developer, Edit Config',
    text: ({ mcp }) => json({ mcpServers: { switchyard: { command: 'npx', args: bridge(mcp) } } }),
  },
  { name: 'Cursor', where: '~/.cursor/mcp.json', text: ({ mcp }) => json({ mcpServers: { switchyard: { url: mcp } } }) },
  {
    name: 'VS Code',
    where: '.vscode/mcp.json',
    text: ({ mcp }) => json({ servers: { switchyard: { type: 'http', url: mcp } } }),
  },
]

export function Connect({ urls }: { urls: Urls }) {
  const [name, setName] = useState(clients[0]!.name)
  const client = clients.find((candidate) => candidate.name === name)!
  return (
    <section className="card connect" aria-labelledby="connect">
      <h2 id="connect">Add to your client</h2>
      <div className="connect-body">
        <div>
          <div className="choices" role="radiogroup" aria-label="Client">
            {clients.map((candidate) => (
              <label key={candidate.name}>
                <input type="radio" name="client" checked={candidate.name === name} onChange={() => setName(candidate.name)} />
                <span>{candidate.name}</span>
              </label>
            ))}
          </div>
          <p className="quiet">{client.where}</p>
          <Copyable text={client.text(urls)} label={`what ${client.name} needs`} />
        </div>
        <div>
          <h3>Addresses for any other client</h3>
          <p className="quiet">Streamable HTTP</p>
          <Copyable text={urls.mcp} label="the Streamable HTTP address" />
          <p className="quiet">HTTP with SSE, for older clients</p>
          <Copyable text={urls.sse} label="the SSE address" />
        </div>
      </div>
    </section>
  )
}
