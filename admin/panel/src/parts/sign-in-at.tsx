/** The way to sign in at a server behind the switch, and to sign out there. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { SignInBegun, UpstreamView } from '../../../wire.ts'
import { post } from '../api.ts'
import { sentence } from '../pages/sign-in.tsx'
import { Wrong } from './result.tsx'

export function SignInAt({ name, signIn }: { name: string; signIn: NonNullable<UpstreamView['signIn']> }) {
  const client = useQueryClient()
  const path = `upstreams/${encodeURIComponent(name)}`
  const begin = useMutation({
    // Where this page is only the browser knows, whatever stands between it and the server.
    mutationFn: () => post<SignInBegun>(`${path}/sign-in`, { callback: new URL('oauth/callback', pageUrl()).href }),
    onSuccess: ({ url }) => window.location.assign(url),
  })
  const end = useMutation({
    mutationFn: () => post(`${path}/sign-out`, {}),
    onSettled: () => client.invalidateQueries({ queryKey: ['upstreams'] }),
  })
  const { needed, signedIn } = signIn
  if (!needed && !signedIn) return null
  const error = begin.error ?? end.error
  return (
    <div className="sign-in-at">
      {needed && <p>It {needed}.</p>}
      {error && <Wrong>{sentence(error)}</Wrong>}
      <div className="actions">
        {needed && (
          <button type="button" className="primary" onClick={() => begin.mutate()} disabled={begin.isPending}>
            {begin.isPending ? 'Opening the page…' : 'Sign in'}
          </button>
        )}
        {signedIn && (
          <button type="button" onClick={() => end.mutate()} disabled={end.isPending} aria-label={`Sign out at ${name}`}>
            Sign out
          </button>
        )}
      </div>
    </div>
  )
}

/** Without what stands behind the #. */
const pageUrl = () => window.location.href.split('#', 1)[0]
