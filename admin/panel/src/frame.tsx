/** What surrounds every page: the name, the way to the other pages, and who is signed in. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import type { HealthView, Me } from '../../wire.ts'
import { post } from './api.ts'
import { Dot } from './parts/dot.tsx'
import { Icon, type IconName, Logo } from './parts/icons.tsx'
import { leave, useHealth } from './queries.ts'
import { href } from './route.ts'

interface PageLink {
  readonly name: string
  readonly title: string
  readonly icon: IconName
  readonly admin?: boolean
  /** How much waits there for somebody to look at it. */
  readonly waiting?: (health: HealthView) => unknown
}

const pages: readonly PageLink[] = [
  { name: 'overview', title: 'Overview', icon: 'overview' },
  { name: 'tools', title: 'Tools', icon: 'tools' },
  { name: 'history', title: 'History', icon: 'history', admin: true },
  {
    name: 'approvals',
    title: 'Approvals',
    icon: 'approvals',
    admin: true,
    waiting: ({ components }) => components.approvals?.pending,
  },
  { name: 'pins', title: 'Pins', icon: 'pins', admin: true, waiting: ({ components }) => components.pins?.changed },
  { name: 'upstreams', title: 'Upstreams', icon: 'upstreams', admin: true },
  { name: 'sessions', title: 'Sessions', icon: 'sessions', admin: true },
  { name: 'keys', title: 'Keys', icon: 'keys', admin: true },
  { name: 'people', title: 'People', icon: 'people', admin: true },
  { name: 'audit', title: 'Audit', icon: 'audit', admin: true },
  { name: 'settings', title: 'Settings', icon: 'settings', admin: true },
]

/** Pages of one's own, which stand under one's name and not in the list. */
const ownPages: Readonly<Record<string, string>> = { apps: 'Connected apps', account: 'Your account' }

export function Frame({ me, page, children }: { me: Me; page: string; children: ReactNode }) {
  const main = useRef<HTMLElement>(null)
  const title = ownPages[page] ?? pages.find(({ name }) => name === page)?.title ?? 'Switchyard'
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
            .map(({ name, title, icon, waiting }) => (
              <a key={name} href={href(name === 'overview' ? [] : [name])} aria-current={name === page ? 'page' : undefined}>
                <Icon name={icon} />
                <span>{title}</span>
                {waiting && <Badge waiting={waiting} />}
              </a>
            ))}
        </nav>
        <ServerState />
        <Person me={me} page={page} />
      </header>
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

/** Apart, so that a look every few seconds draws nothing else. */
function Badge({ waiting }: { waiting: (health: HealthView) => unknown }) {
  const { data } = useHealth()
  const count = data && waiting(data)
  if (typeof count !== 'number' || count === 0) return null
  return (
    <span className="badge">
      {count > 99 ? '99+' : count}
      <span className="unseen"> to look at</span>
    </span>
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

function Person({ me, page }: { me: Me; page: string }) {
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
      <a
        className="icon-button"
        href={href(['apps'])}
        aria-current={page === 'apps' ? 'page' : undefined}
        aria-label="Connected apps"
        title="Connected apps"
      >
        <Icon name="apps" />
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
