/** What an admin may do with somebody else's account. All of it ends their sessions, so that what was open was never open for what they are now. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { UserView } from '../../../wire.ts'
import { patch, post } from '../api.ts'
import { sentence } from '../pages/sign-in.tsx'
import { Action } from './action.tsx'
import { Dialog } from './dialog.tsx'
import { NewPassword } from './new-password.tsx'
import { Wrong } from './result.tsx'
import { RoleChoice } from './role-choice.tsx'

export function PersonDialog({ person, onClose }: { person: UserView; onClose(): void }) {
  const { id, name, role, is_active, subject } = person
  const path = `users/${encodeURIComponent(id)}`
  return (
    <Dialog title={name} onClose={onClose}>
      <p className="quiet">Each of these signs {name} out everywhere and ends what apps may do in their name.</p>
      <Part button="Change the role" done="The role was changed." send={(form) => patch(path, { role: form.get('role') })}>
        <RoleChoice usual={role} />
        {subject !== null && (
          <small>{name} signs in with a provider, which may give them another role at the next sign-in.</small>
        )}
      </Part>
      <Part
        button="Set the password"
        done="The password was set."
        send={(form) => post(`${path}/password`, { password: form.get('password') })}
      >
        <NewPassword label="New password" name="password" forOther required />
      </Part>
      <div className="actions form-part">
        <Action sure about={`Sign ${name} out everywhere`} run={() => post(`${path}/sign-out`, {})} changes="users">
          Sign out everywhere
        </Action>
        <Action
          sure={is_active}
          about={`${is_active ? 'Disable' : 'Enable'} the account of ${name}`}
          run={() => patch(path, { is_active: !is_active })}
          changes="users"
        >
          {is_active ? 'Disable the account' : 'Enable the account'}
        </Action>
      </div>
    </Dialog>
  )
}

interface PartProps {
  button: string
  done: string
  send(form: FormData): Promise<unknown>
  children: ReactNode
}

/** A form of its own, because each of them is done alone. */
function Part({ button, done, send, children }: PartProps) {
  const client = useQueryClient()
  /** Another number is another form: what was typed is gone when it is done. */
  const [times, setTimes] = useState(0)
  const change = useMutation({
    mutationFn: send,
    onSuccess: () => setTimes(times + 1),
    onSettled: () => client.invalidateQueries({ queryKey: ['users'] }),
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    change.mutate(new FormData(event.currentTarget))
  }

  return (
    <form key={times} className="form form-part" onSubmit={submit} autoComplete="off">
      {change.error && <Wrong>{sentence(change.error)}</Wrong>}
      {children}
      <div className="actions">
        <button type="submit" className="small" disabled={change.isPending}>
          {button}
        </button>
        {change.isSuccess && <small role="status">{done}</small>}
      </div>
    </form>
  )
}
