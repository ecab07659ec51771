/** Where the one-time link leads: the first admin chooses a name and a password. */
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError, post } from '../api.ts'
import { Logo } from '../parts/icons.tsx'
import { Wrong } from '../parts/result.tsx'
import { sentence } from './sign-in.tsx'

const shortest = 12

export function Welcome() {
  // Behind the # the browser sends it to no server, so it stands in no log.
  const [token] = useState(() => window.location.hash.slice(1))
  const [password, setPassword] = useState('')
  const choose = useMutation({
    mutationFn: (name: FormDataEntryValue | null) => post('auth/welcome', { token, name, password }),
    onSuccess: () => window.location.replace('./'),
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    choose.mutate(new FormData(event.currentTarget).get('name'))
  }

  const missing = shortest - [...password].length
  return (
    <main className="alone">
      <form className="card door" onSubmit={submit}>
        <Logo />
        <h1>Welcome to Switchyard</h1>
        <p className="quiet">Nobody has a password yet. Choose the name and the password of the first admin.</p>
        {choose.error && <Wrong>{sentence(choose.error)}</Wrong>}
        {choose.error instanceof ApiError && choose.error.status === 409 && <a href="./">Go to the sign-in page</a>}
        <label>
          Name
          <input name="name" autoComplete="username" defaultValue="admin" required maxLength={64} />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={shortest}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            aria-describedby="password-rule"
          />
          <small id="password-rule">
            {password === '' || missing > 0
              ? `At least ${shortest} characters${password && missing > 0 ? `, ${missing} more` : ''}.`
              : 'Long enough.'}
          </small>
        </label>
        <button type="submit" className="primary" disabled={choose.isPending || token === ''}>
          {choose.isPending ? 'One moment…' : 'Choose and sign in'}
        </button>
        {token === '' && <p className="quiet">This address is incomplete: open the whole link that the server printed.</p>}
      </form>
    </main>
  )
}
