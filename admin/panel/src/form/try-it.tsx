/** Calls a tool with arguments from a form, and shows what came back. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { Executed, ToolView } from '../../../wire.ts'
import { ApiError, post } from '../api.ts'
import { Icon } from '../parts/icons.tsx'
import { Result, Wrong } from '../parts/result.tsx'
import { milliseconds } from '../parts/time.tsx'
import { href } from '../route.ts'
import { Members } from './field.tsx'
import { JsonInput } from './inputs.tsx'
import { initialOf, isSchema, type Schema, shapeOf } from './schema.ts'

interface Props {
  tool: ToolView
  /** Arguments of an earlier call, to begin with. */
  again: Record<string, unknown> | undefined
  /** Whether there is a history that this person may see. */
  mayAdmin: boolean
}

export function TryIt({ tool, again, mayAdmin }: Props) {
  const shape = useMemo(() => shapeOf(tool.input_schema), [tool.input_schema])
  const [parameters, setParameters] = useState<unknown>(() => again ?? initialOf(shape) ?? {})
  const [asJson, setAsJson] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const running = useRef<AbortController>(undefined)
  const client = useQueryClient()
  const call = useMutation({
    mutationFn: () => {
      running.current = new AbortController()
      return post<Executed>('tools/execute', { tool_name: tool.name, parameters }, running.current.signal)
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['health'] }),
  })

  function submit(event: FormEvent): void {
    event.preventDefault()
    call.mutate()
  }

  // Whoever cannot see the red border is taken to the field, and so is whoever has scrolled past it.
  useEffect(() => {
    if (call.error) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
  }, [call.error])

  const problem = call.error instanceof ApiError ? call.error.details.problem : undefined
  const said = typeof problem === 'string' ? problem : undefined
  const members = shape.kind === 'group' ? shape.members : []
  const hasForm = members.length > 0
  const takesNothing = isClosed(shape.schema)

  return (
    <>
      <form ref={form} className="try" onSubmit={submit}>
        {hasForm && (
          <div className="choices small" role="radiogroup" aria-label="How to give the arguments">
            <label>
              <input type="radio" name="mode" checked={!asJson} onChange={() => setAsJson(false)} />
              <span>Form</span>
            </label>
            <label>
              <input type="radio" name="mode" checked={asJson} onChange={() => setAsJson(true)} />
              <span>JSON</span>
            </label>
          </div>
        )}
        {takesNothing ? (
          <p className="quiet">This tool takes no arguments.</p>
        ) : hasForm && !asJson ? (
          <Members members={members} path="" value={parameters} onChange={setParameters} problem={said} />
        ) : (
          <JsonInput
            label="Arguments"
            shape={shape}
            required
            value={parameters}
            onChange={(value) => setParameters(value ?? {})}
            wrong={said !== undefined}
          />
        )}
        <div className="actions">
          <button type="submit" className="primary" disabled={call.isPending}>
            <Icon name="play" /> {call.isPending ? 'Calling…' : 'Call'}
          </button>
          {call.isPending && (
            <button type="button" onClick={() => running.current?.abort()}>
              Cancel
            </button>
          )}
        </div>
      </form>
      <div aria-live="polite">
        {call.error && <Wrong>{isAborted(call.error) ? 'You cancelled this call.' : (said ?? call.error.message)}</Wrong>}
        {call.data && <Answer executed={call.data} mayAdmin={mayAdmin} />}
      </div>
    </>
  )
}

function Answer({ executed, mayAdmin }: { executed: Executed; mayAdmin: boolean }) {
  return (
    <section className="answer" aria-label="Result">
      <header>
        <h3>Result</h3>
        <span className="quiet">{milliseconds(executed.execution_time * 1000)}</span>
        {mayAdmin && <a href={href(['history', executed.execution_id])}>Show in history</a>}
      </header>
      {executed.error && <Wrong>{executed.error}</Wrong>}
      {executed.result && !onlyRepeats(executed) && <Result result={executed.result} />}
    </section>
  )
}

/** A failing tool usually has nothing but the sentence that is shown already. */
const onlyRepeats = ({ error, result }: Executed) =>
  error !== null && Array.isArray(result?.content) && result.content.length === 1 && result.structuredContent === undefined

/** Many servers say `properties: {}` for a tool that takes nothing. */
const isClosed = ({ properties, additionalProperties }: Schema) =>
  isSchema(properties) && Object.keys(properties).length === 0 && (additionalProperties ?? false) === false

const isAborted = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'
