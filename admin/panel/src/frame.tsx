/** What surrounds every page: the name, the way to the other pages, and who is signed in. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import type { Me } from '../../wire.ts'
import { post } from './api.ts'
import { Dot } from './parts/dot.tsx'
import { Icon, type IconName, Logo } from './parts/icons.tsx'
import { leave, useHealth } from './queries.ts'
import { href } from './route.ts'

const pages: readonly { name: string; title: string; icon: IconName; admin?: boolean }[] = [
  { name: 'overview', title: 'Overview', icon: 'overview' },
  { name: 'tools', title: 'Tools', icon: 'tools' },
  { name: 'history', title: 'History', icon: 'history', admin: true },
  { name: 'upstreams', title: 'Upstreams', icon: 'upstreams', admin: true },
  { name: 'sessions', title: 'Sessions', icon: 'sessions', admin: true },
  { name: 'keys', title: 'Keys', icon: 'keys', admin: true },
  { name: 'people', title: 'People', icon: 'people', admin: true },
  { name: 'audit', title: 'Audit', icon: 'audit', admin: true },
  { name: 'settings', title: 'Settings', icon: 'settings', admin: true },
]

export function Frame({ me, page, children }: { me: Me; page: string; children: ReactNode }) {
  const main = useRef<HTMLElement>(null)
  const title = page === 'account' ? 'Your account' : (pages.find(({ name }) => name === page)?.title ?? 'Switchyard')
  useEffect(() => {
    document.title = `${title} · Switchyard`
    window.scrollTo(0, 0)
    // On a narrow screen the pages are a row that may be longer than the screen.
    document.querySelector('.side nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [title])

  return (
    <div className="frame">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header className="side">
        <a className="brand" href={href([])}>
          <Logo /> Switchyard
        </a>
        <nav aria-label="Pages">
          {pages
            .filter(({ admin }) => !admin || me.scopes.includes('admin'))
            .map(({ name, title, icon }) => (
              <a key={name} href={href(name === 'overview' ? [] : [name])} aria-current={name === page ? 'page' : undefined}>
                <Icon name={icon} />
                <span>{title}</span>
              </a>
            ))}
        </nav>
        <ServerState />
        <Person me={me} />
      </header>
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

function ServerState() {
  const { data, isError } = useHealth()
  if (isError)
    return (
      <p className="server-state">
        <Dot state="down" /> Server not reached
      </p>
    )
  if (!data) return <p className="server-state" />
  return (
    <p className="server-state">
      <Dot state={data.status} /> <span className="capital">{data.status}</span>
      <span className="quiet">v{data.version}</span>
    </p>
  )
}

function Person({ me }: { me: Me }) {
  const client = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => post('auth/logout', {}),
    onSuccess: () => leave(client),
  })
  return (
    <div className="person">
      <a className="account-link" href={href(['account'])} aria-label={`Your account, ${me.user.name}`} title="Your account">
        <span className="avatar" aria-hidden="true">
          {me.user.name.slice(0, 1).toUpperCase()}
        </span>
        <span className="person-name">
          {me.user.name}
          <small>{me.user.role}</small>
        </span>
      </a>
      <button
        type="button"
        className="icon-button"
        onClick={() => signOut.mutate()}
        disabled={signOut.isPending}
        aria-label="Sign out"
        title="Sign out"
      >
        <Icon name="leave" />
      </button>
    </div>
  )
}
