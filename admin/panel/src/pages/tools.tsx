/** What can be called: a list to search, and one tool opened beside it. */
import { useEffect, useRef, useState } from 'react'
import type { ToolView } from '../../../wire.ts'
import { Icon } from '../parts/icons.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { useTools } from '../queries.ts'
import { href, useRoute } from '../route.ts'
import { Tool } from './tool.tsx'

interface Props {
  selected: string | undefined
  mayCall: boolean
  mayAdmin: boolean
}

export function Tools({ selected, mayCall, mayAdmin }: Props) {
  const { data, error, refetch } = useTools()
  const { query } = useRoute()
  const again = query.get('again') || undefined
  if (error && !data) return <Problem error={error} retry={refetch} />
  const tool = selected === undefined ? undefined : data?.[selected]
  return (
    <div className={selected === undefined ? 'browse' : 'browse opened'}>
      <Finder tools={data && Object.values(data)} selected={selected} />
      <section className="browse-item" aria-label={tool ? `Tool ${tool.name}` : 'Tool'}>
        {tool ? (
          <Tool key={`${tool.name} ${again}`} tool={tool} again={again} mayCall={mayCall} mayAdmin={mayAdmin} />
        ) : selected !== undefined && data ? (
          <Empty title={`There is no tool ${selected}`}>
            It may belong to an upstream that is away, or its name has changed.
          </Empty>
        ) : (
          <Empty title="Choose a tool">Read what it does and try it with a form.</Empty>
        )}
      </section>
    </div>
  )
}

function Finder({ tools, selected }: { tools: readonly ToolView[] | undefined; selected: string | undefined }) {
  const [words, setWords] = useState('')
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)
      if (event.key !== '/' || typing) return
      event.preventDefault()
      box.current?.focus()
    }
    window.addEventListener('keydown', focus)
    return () => window.removeEventListener('keydown', focus)
  }, [])

  const found = tools?.filter((tool) => matches(tool, words))
  return (
    <section className="browse-list" aria-label="All tools">
      <header className="page-head">
        <h1>Tools</h1>
        <p className="quiet">{found && tools && (words ? `${found.length} of ${tools.length}` : tools.length)}</p>
      </header>
      <label className="search">
        <Icon name="search" />
        <span className="unseen">Search tools</span>
        <input
          ref={box}
          type="search"
          placeholder="Search tools"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <kbd title="Press / to search">/</kbd>
      </label>
      {!found ? (
        <Skeleton lines={8} />
      ) : tools?.length === 0 ? (
        <Empty title="No tools yet">
          Add an MCP server under mcpServers in the configuration file, or a command of your own.
        </Empty>
      ) : found.length === 0 ? (
        <Empty title="Nothing found">
          <button type="button" className="link" onClick={() => setWords('')}>
            Show all tools
          </button>
        </Empty>
      ) : (
        byOwner(found).map(([owner, own]) => (
          <div key={owner} className="owner">
            <h2>
              {owner} <span>{own.length}</span>
            </h2>
            <ul>
              {own.map(({ name, description, title }) => (
                <li key={name}>
                  <a href={href(['tools', name])} aria-current={name === selected ? 'true' : undefined}>
                    <strong>{name}</strong>
                    <span className="clip">{description || title}</span>
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))
      )}
    </section>
  )
}

/** Every word must stand somewhere in the name, the title, the description or the owner. */
function matches({ name, title, description, owner }: ToolView, words: string): boolean {
  const text = `${name} ${title ?? ''} ${description} ${owner}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

const byOwner = (tools: readonly ToolView[]): [string, ToolView[]][] => {
  const owners = new Map<string, ToolView[]>()
  for (const tool of tools) owners.set(tool.owner, [...(owners.get(tool.owner) ?? []), tool])
  return [...owners]
}
