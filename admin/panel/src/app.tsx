/** Who is here decides what is shown: the sign-in, the first welcome, or the pages. */

import type { Me } from '../../wire.ts'
import { Frame } from './frame.tsx'
import { Account } from './pages/account.tsx'
import { Approvals } from './pages/approvals.tsx'
import { Audit } from './pages/audit.tsx'
import { ConnectedApps } from './pages/connected-apps.tsx'
import { Execution } from './pages/execution.tsx'
import { History } from './pages/history.tsx'
import { Keys } from './pages/keys.tsx'
import { Overview } from './pages/overview.tsx'
import { People } from './pages/people.tsx'
import { Pins } from './pages/pins.tsx'
import { Sessions } from './pages/sessions.tsx'
import { Settings } from './pages/settings.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { Tools } from './pages/tools.tsx'
import { Upstreams } from './pages/upstreams.tsx'
import { Welcome } from './pages/welcome.tsx'
import { Empty, Problem } from './parts/states.tsx'
import { useLiveUpdates, useMe } from './queries.ts'
import { href, useRoute } from './route.ts'

export function App() {
  const isWelcome = window.location.pathname.endsWith('/welcome')
  return isWelcome ? <Welcome /> : <Inside />
}

function Inside() {
  const { data: me, error, refetch, isPending } = useMe()
  if (isPending) return null
  if (error) {
    return (
      <main className="alone">
        <Problem error={error} retry={refetch} />
      </main>
    )
  }
  return me ? <Pages me={me} /> : <SignIn />
}

function Pages({ me }: { me: Me }) {
  useLiveUpdates()
  const { path } = useRoute()
  return (
    <Frame me={me} page={path[0] ?? 'overview'}>
      <Page me={me} />
    </Frame>
  )
}

function Page({ me }: { me: Me }) {
  const { path } = useRoute()
  const [page = 'overview', item] = path
  const mayAdmin = me.scopes.includes('admin')
  switch (page) {
    case 'overview':
      return <Overview mayAdmin={mayAdmin} />
    case 'tools':
      return <Tools selected={item} mayCall={me.scopes.includes('call')} mayAdmin={mayAdmin} />
    case 'history':
      return item ? <Execution key={item} id={item} /> : <History />
    case 'approvals':
      return <Approvals />
    case 'pins':
      return <Pins />
    case 'upstreams':
      return <Upstreams />
    case 'sessions':
      return <Sessions />
    case 'apps':
      return <ConnectedApps me={me} />
    case 'keys':
      return <Keys />
    case 'people':
      return <People me={me} />
    case 'audit':
      return <Audit />
    case 'account':
      return <Account me={me} />
    case 'settings':
      return <Settings />
    default:
      return (
        <Empty title="There is no such page">
          <a href={href([])}>Go to the overview</a>
        </Empty>
      )
  }
}
