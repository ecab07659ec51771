/** The people who may sign in here, and what each of them may do. */
import { useState } from 'react'
import type { Me, UserView } from '../../../wire.ts'
import { useUsers } from '../access-queries.ts'
import { State } from '../parts/dot.tsx'
import { Icon } from '../parts/icons.tsx'
import { NewPerson } from '../parts/new-person.tsx'
import { PersonDialog } from '../parts/person-dialog.tsx'
import { Problem, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'
import { href } from '../route.ts'

export function People({ me }: { me: Me }) {
  const { data, error, refetch } = useUsers()
  const [making, setMaking] = useState(false)
  const [changing, setChanging] = useState<string>()
  const person = data?.find(({ id }) => id === changing)
  return (
    <>
      <header className="page-head">
        <h1>People</h1>
        <p className="quiet">Who may sign in, and as what</p>
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          <Icon name="add" /> New person
        </button>
      </header>
      {making && <NewPerson onClose={() => setMaking(false)} />}
      {person && <PersonDialog person={person} onClose={() => setChanging(undefined)} />}
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton />
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Name</th>
              <th>Role</th>
              <th>State</th>
              <th>Signs in with</th>
              <th>Last sign-in</th>
              <th className="number">Browsers</th>
              <th>
                <span className="unseen">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((each) => (
              <Row key={each.id} person={each} mine={each.id === me.user.id} onChange={() => setChanging(each.id)} />
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

function Row({ person, mine, onChange }: { person: UserView; mine: boolean; onChange(): void }) {
  const { name, role, is_active, last_sign_in_at, sessions } = person
  return (
    <tr>
      <td data-title="Name">
        <span>
          <span className="strong">{name}</span> {mine && <span className="tag">you</span>}
        </span>
      </td>
      <td data-title="Role">{role}</td>
      <td data-title="State">
        <State state={is_active ? 'active' : 'disabled'} />
      </td>
      <td data-title="Signs in with">{waysOf(person)}</td>
      <td data-title="Last sign-in" className="nowrap">
        {last_sign_in_at ? <Ago at={last_sign_in_at} /> : 'not yet'}
      </td>
      <td data-title="Browsers" className="number">
        {sessions}
      </td>
      <td className="end">
        {mine ? (
          <a href={href(['account'])}>Your account</a>
        ) : (
          <button type="button" className="small" onClick={onChange} aria-label={`Change ${name}`}>
            Change
          </button>
        )}
      </td>
    </tr>
  )
}

function waysOf({ has_password, subject }: UserView): string {
  const ways = [...(has_password ? ['a password'] : []), ...(subject === null ? [] : ['a provider'])]
  return ways.join(' or ') || 'nothing yet'
}
