/** The door. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { post } from '../api.ts'
import { Logo } from '../parts/icons.tsx'
import { Wrong } from '../parts/result.tsx'
import { useWays } from '../queries.ts'

export function SignIn() {
  const client = useQueryClient()
  const signIn = useMutation({
    mutationFn: (form: FormData) => post('auth/login', { name: form.get('name'), password: form.get('password') }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['me'] }),
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    signIn.mutate(new FormData(event.currentTarget))
  }

  return (
    <main className="alone">
      <form className="card door" onSubmit={submit}>
        <Logo />
        <h1>Sign in to Switchyard</h1>
        {signIn.error && <Wrong>{sentence(signIn.error)}</Wrong>}
        <label>
          Name
          <input name="name" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" className="primary" disabled={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </button>
        <WithProvider />
        <p className="quiet">
          First time here? The server prints a one-time link when it starts, as long as nobody has a password. Look for it in its
          log.
        </p>
      </form>
    </main>
  )
}

/** A link and not a request: the browser has to go there itself. */
function WithProvider() {
  const provider = useWays().data?.oidc
  if (!provider) return null
  return (
    <a className="button" href="api/v1/auth/oidc">
      Sign in with {provider.host}
    </a>
  )
}

/** The server writes its sentences for the middle of a line. */
export const sentence = ({ message }: Error): string =>
  `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`
