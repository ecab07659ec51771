/** What is in force and where each value came from. */
import { useState } from 'react'
import { Icon } from '../parts/icons.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { useSettings } from '../queries.ts'

export function Settings() {
  const { data, error, refetch } = useSettings()
  const [words, setWords] = useState('')
  const found = data?.filter(({ key, origin }) => `${key} ${origin}`.toLowerCase().includes(words.toLowerCase()))
  return (
    <>
      <header className="page-head">
        <h1>Settings</h1>
        <p className="quiet">Read at the start: change the file, the variable or the flag and start again</p>
      </header>
      <search className="filters">
        <label className="search">
          <Icon name="search" />
          <span className="unseen">Search settings</span>
          <input type="search" placeholder="Search settings" value={words} onChange={(event) => setWords(event.target.value)} />
        </label>
      </search>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !found ? (
        <Skeleton lines={10} />
      ) : found.length === 0 ? (
        <Empty title="No setting has such a name" />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Setting</th>
              <th>Value</th>
              <th>From</th>
            </tr>
          </thead>
          <tbody>
            {found.map(({ key, value, origin }) => (
              <tr key={key}>
                <td data-title="Setting">
                  <code>{key}</code>
                </td>
                <td data-title="Value" className="wide">
                  {value === null ? (
                    <span className="quiet">not set</span>
                  ) : (
                    <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
                  )}
                </td>
                <td data-title="From">
                  {origin === 'default' ? <span className="quiet">default</span> : <span className="tag">{origin}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
