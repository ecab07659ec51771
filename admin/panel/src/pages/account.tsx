/** What everybody may do with their own account: another password, and an end to browsers that are signed in elsewhere. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Me } from '../../../wire.ts'
import { post } from '../api.ts'
import { NewPassword } from '../parts/new-password.tsx'
import { OwnSessions } from '../parts/own-sessions.tsx'
import { Wrong } from '../parts/result.tsx'
import { sentence } from './sign-in.tsx'

export function Account({ me }: { me: Me }) {
  return (
    <>
      <header className="page-head">
        <h1>Your account</h1>
        <p className="quiet">
          {me.user.name}, {me.user.role}
        </p>
      </header>
      <div className="account">
        <OwnSessions />
        <Password name={me.user.name} />
      </div>
    </>
  )
}

function Password({ name }: { name: string }) {
  const client = useQueryClient()
  /** Another number is another form: what was typed is gone when it is done. */
  const [times, setTimes] = useState(0)
  const change = useMutation({
    mutationFn: (form: FormData) => post('auth/password', { current: form.get('current'), password: form.get('password') }),
    onSuccess: () => setTimes(times + 1),
    onSettled: () => client.invalidateQueries({ queryKey: ['own-sessions'] }),
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    change.mutate(new FormData(event.currentTarget))
  }

  return (
    <section className="card" aria-labelledby="password">
      <h2 id="password">Password</h2>
      <form key={times} className="form" onSubmit={submit}>
        {change.error && <Wrong>{sentence(change.error)}</Wrong>}
        {/* For programs that keep passwords: whose this is. */}
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <label>
          Current password
          <input name="current" type="password" autoComplete="current-password" required />
        </label>
        <NewPassword label="New password" name="password" required />
        <p className="quiet">Other browsers, tokens and connected apps are signed out; this browser stays.</p>
        <div className="actions">
          <button type="submit" className="primary" disabled={change.isPending}>
            {change.isPending ? 'One moment…' : 'Change the password'}
          </button>
          {change.isSuccess && <small role="status">The password was changed.</small>}
        </div>
      </form>
    </section>
  )
}
