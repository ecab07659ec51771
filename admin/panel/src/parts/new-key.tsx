/** Makes a key, and shows it the only time that anybody can. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import type { NewKey as Made } from '../../../wire.ts'
import { post } from '../api.ts'
import { sentence } from '../pages/sign-in.tsx'
import { Copyable } from './copy.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icons.tsx'
import { Labelled } from './labelled.tsx'
import { Wrong } from './result.tsx'

const scopes = [
  { name: 'read', does: 'look: lists, resources, health', usual: true },
  { name: 'call', does: 'call tools', usual: true },
  { name: 'admin', does: 'look after this server: history, settings, keys, people', usual: false },
  { name: 'register', does: 'register itself as a server behind this one', usual: false },
]

export function NewKey({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const make = useMutation({
    mutationFn: (wish: object) => post<Made>('keys', wish),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
    // Not kept in memory once the dialog is gone.
    gcTime: 0,
  })
  if (make.data) return <Shown made={make.data} onClose={onClose} />
  return (
    <Dialog title="New key" onClose={onClose}>
      <form className="form" onSubmit={(event) => make.mutate(wishIn(event))}>
        {make.error && <Wrong>{sentence(make.error)}</Wrong>}
        <Labelled label="Name" hint="Whose key it is, for the history and for you.">
          {(ties) => <input {...ties} name="name" required maxLength={64} placeholder="claude-anna" autoComplete="off" />}
        </Labelled>
        <fieldset>
          <legend>It may</legend>
          {scopes.map(({ name, does, usual }) => (
            <label key={name} className="check">
              <input type="checkbox" name="scopes" value={name} defaultChecked={usual} />
              <span>
                {name} <small>{does}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <Labelled
          label="Only these tools"
          hint="Names or patterns, one a line; * stands for any text. Empty: all that the above allows."
        >
          {(ties) => <textarea {...ties} name="tools" className="code" rows={2} placeholder="shop_*" spellCheck={false} />}
        </Labelled>
        <div className="pair">
          <label>
            Calls a window
            <input name="rate" type="number" min={1} max={1_000_000} placeholder="as everybody" />
          </label>
          <label>
            Expires
            <select name="expires_days" defaultValue="90">
              <option value="7">in 7 days</option>
              <option value="30">in 30 days</option>
              <option value="90">in 90 days</option>
              <option value="365">in a year</option>
              <option value="0">never</option>
            </select>
          </label>
        </div>
        <button type="submit" className="primary" disabled={make.isPending}>
          {make.isPending ? 'One moment…' : 'Make the key'}
        </button>
      </form>
    </Dialog>
  )
}

function Shown({ made, onClose }: { made: Made; onClose(): void }) {
  return (
    <Dialog title={`The key ${made.name}`} onClose={onClose} stays>
      <div className="form">
        <p>
          <strong>Copy it now: it is not shown again.</strong> Nobody can look it up, only revoke it and make another.
        </p>
        <Copyable text={made.api_key} label="the key" />
        <p className="quiet">
          A client sends it with every request, in the header <code>Authorization: Bearer …</code>
        </p>
        {made.warnings.map((warning) => (
          <p key={warning} className="fair-text">
            <Icon name="warning" /> <span>{warning}</span>
          </p>
        ))}
        <button type="button" className="primary" onClick={onClose}>
          I have copied it
        </button>
      </div>
    </Dialog>
  )
}

/** What is left empty is left out. */
function wishIn(event: FormEvent<HTMLFormElement>): object {
  event.preventDefault()
  const form = new FormData(event.currentTarget)
  const tools = String(form.get('tools')).split(/\s+/).filter(Boolean)
  const rate = String(form.get('rate'))
  return {
    name: form.get('name'),
    scopes: form.getAll('scopes'),
    ...(tools.length > 0 ? { tools } : {}),
    ...(rate === '' ? {} : { rate: Number(rate) }),
    expires_days: Number(form.get('expires_days')),
  }
}
