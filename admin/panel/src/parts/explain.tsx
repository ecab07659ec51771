/** Asks why the holder of a key may call a tool, or may not. Nothing is called. */
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useId } from 'react'
import type { ExplanationView } from '../../../wire.ts'
import { useKeys } from '../access-queries.ts'
import { get } from '../api.ts'
import { sentence } from '../pages/sign-in.tsx'
import { useTools } from '../queries.ts'
import { State } from './dot.tsx'
import { Labelled } from './labelled.tsx'
import { Wrong } from './result.tsx'

/** Ways in, by the names that people know them by. */
const surfaces = [
  ['http', 'MCP, Streamable HTTP'],
  ['sse', 'MCP, SSE'],
  ['websocket', 'MCP, WebSocket'],
  ['stdio', 'MCP, stdio'],
  ['cmd', 'JSON-RPC, /cmd'],
  ['rest', 'REST'],
] as const

/** @param tool the one that is asked about; without it the form asks which */
export function Explain({ tool }: { tool?: string }) {
  const title = useId()
  const Heading = tool === undefined ? 'h2' : 'h3'
  const explain = useMutation({
    mutationFn: (form: FormData) => {
      // Without arguments it is asked whether the tool could be called with any.
      const given = [...form].map(([name, value]) => [name, String(value).trim()]).filter(([, value]) => value !== '')
      return get<ExplanationView>(`explain?${new URLSearchParams(given)}`)
    },
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    explain.mutate(new FormData(event.currentTarget))
  }

  return (
    <section className="card explain" aria-labelledby={title}>
      <Heading id={title}>{tool === undefined ? 'May this key call this tool?' : 'Which key may call it?'}</Heading>
      <form className="form explain-form" onSubmit={submit}>
        <KeyChoice />
        {tool === undefined ? <ToolChoice /> : <input type="hidden" name="tool" value={tool} />}
        <label>
          Way in
          <select name="surface">
            {surfaces.map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <Labelled label="Arguments, as JSON" hint="For rules about their values. Empty: whether it may be called with any.">
          {(ties) => (
            <textarea
              {...ties}
              name="arguments"
              className="code"
              rows={2}
              maxLength={1_500}
              placeholder='{"region": "eu"}'
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Labelled>
        <button type="submit" disabled={explain.isPending}>
          Explain
        </button>
      </form>
      {explain.error && <Wrong>{sentence(explain.error)}</Wrong>}
      {explain.data && <Findings explanation={explain.data} />}
    </section>
  )
}

function KeyChoice() {
  const active = (useKeys().data ?? []).filter(({ state }) => state === 'active')
  return (
    <label>
      Key
      <select name="key">
        {active.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value="local">no key, on this machine</option>
        <option value="stdio">no key, over stdio</option>
      </select>
    </label>
  )
}

function ToolChoice() {
  const list = useId()
  const names = Object.keys(useTools().data ?? {})
  return (
    <label>
      Tool
      <input name="tool" list={list} required maxLength={200} autoComplete="off" />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  )
}

function Findings({ explanation: { allowed, caller, tool, findings } }: { explanation: ExplanationView }) {
  return (
    <div role="status">
      <p className="strong">
        {caller} may {allowed ? '' : 'not '}call {tool}
      </p>
      <ol className="findings">
        {findings.map(({ check, verdict, text }) => (
          <li key={`${check} ${text}`}>
            <State state={verdict} />
            <span className="quiet">{check}</span>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}
