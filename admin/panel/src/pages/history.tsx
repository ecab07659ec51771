/** Every call that was made, newest first. */
import { useEffect, useState } from 'react'
import type { ExecutionView } from '../../../wire.ts'
import { State } from '../parts/dot.tsx'
import { Icon } from '../parts/icons.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Moment, milliseconds } from '../parts/time.tsx'
import { type HistoryFilter, useHistory, useTools } from '../queries.ts'
import { href, replaceRoute, useRoute } from '../route.ts'

const statuses = ['ok', 'failed', 'refused', 'started']

export function History() {
  const { query } = useRoute()
  const filter = Object.fromEntries(
    ['text', 'name', 'status'].flatMap((key) => (query.get(key) ? [[key, query.get(key)]] : [])),
  ) as HistoryFilter
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useHistory(filter)
  const rows = data?.pages.flatMap((page) => page.rows)
  const isFiltered = Object.keys(filter).length > 0
  return (
    <>
      <header className="page-head">
        <h1>History</h1>
        <p className="quiet">Every call, also the refused ones</p>
      </header>
      <Filters filter={filter} />
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !rows ? (
        <Skeleton lines={8} />
      ) : rows.length === 0 ? (
        isFiltered ? (
          <Empty title="No call fits this filter">
            <a href={href(['history'])}>Show all calls</a>
          </Empty>
        ) : (
          <Empty title="No calls yet">
            <a href={href(['tools'])}>Try a tool</a>, or connect a client: the overview says how.
          </Empty>
        )
      ) : (
        <Rows rows={rows} />
      )}
      {hasNextPage && (
        <p className="more">
          <button type="button" onClick={() => fetchNextPage()} disabled={isFetchingNextPage}>
            {isFetchingNextPage ? 'Loading…' : 'More'}
          </button>
        </p>
      )}
    </>
  )
}

function Filters({ filter }: { filter: HistoryFilter }) {
  const { data: tools } = useTools()
  const change = (changed: HistoryFilter) => replaceRoute(href(['history'], { ...filter, ...changed }))
  const [text, setText] = useState(filter.text ?? '')
  // Typing settles before the server is asked.
  useEffect(() => {
    if (text === (filter.text ?? '')) return
    const timer = setTimeout(() => replaceRoute(href(['history'], { ...filter, text })), 250)
    return () => clearTimeout(timer)
  }, [text, filter])

  return (
    <search className="filters">
      <label className="search">
        <Icon name="search" />
        <span className="unseen">Search calls</span>
        <input
          type="search"
          placeholder="Search arguments, results, errors"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <label>
        <span className="unseen">Tool</span>
        <input
          list="tool-names"
          placeholder="Any tool"
          value={filter.name ?? ''}
          onChange={(event) => change({ name: event.target.value })}
          autoComplete="off"
        />
        <datalist id="tool-names">
          {Object.keys(tools ?? {}).map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <label>
        <span className="unseen">Status</span>
        <select value={filter.status ?? ''} onChange={(event) => change({ status: event.target.value })}>
          <option value="">Any status</option>
          {statuses.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
    </search>
  )
}

function Rows({ rows }: { rows: readonly ExecutionView[] }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>When</th>
          <th>Call</th>
          <th>Status</th>
          <th>Who</th>
          <th>Through</th>
          <th className="number">Took</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td data-title="When" className="nowrap quiet">
              <Moment at={row.created_at} />
            </td>
            <td data-title="Call" className="wide">
              <a href={href(['history', row.id])} className="row-link">
                {row.tool_name}
              </a>
              {row.error && <span className="clip bad-text">{row.error}</span>}
            </td>
            <td data-title="Status">
              <State state={row.status} />
            </td>
            <td data-title="Who">{row.caller.name}</td>
            <td data-title="Through">{row.via}</td>
            <td data-title="Took" className="number nowrap">
              {milliseconds(row.ms)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
