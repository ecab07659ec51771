/** Makes an account for a person. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { post } from '../api.ts'
import { sentence } from '../pages/sign-in.tsx'
import { Dialog } from './dialog.tsx'
import { Labelled } from './labelled.tsx'
import { NewPassword } from './new-password.tsx'
import { Wrong } from './result.tsx'
import { RoleChoice } from './role-choice.tsx'

export function NewPerson({ onClose }: { onClose(): void }) {
  const client = useQueryClient()
  const make = useMutation({
    mutationFn: (form: FormData) => {
      const password = form.get('password')
      return post('users', { name: form.get('name'), role: form.get('role'), ...(password ? { password } : {}) })
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['users'] }),
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    make.mutate(new FormData(event.currentTarget))
  }

  return (
    <Dialog title="New person" onClose={onClose}>
      <form className="form" onSubmit={submit} autoComplete="off">
        {make.error && <Wrong>{sentence(make.error)}</Wrong>}
        <Labelled label="Name" hint="What they sign in as.">
          {(ties) => <input {...ties} name="name" required maxLength={64} autoComplete="off" />}
        </Labelled>
        <RoleChoice usual="operator" />
        <NewPassword label="Password" name="password" forOther />
        <p className="quiet">
          Without a password they cannot sign in until one is set. Tell it to them yourself: nobody can look it up.
        </p>
        <button type="submit" className="primary" disabled={make.isPending}>
          {make.isPending ? 'One moment…' : 'Make the account'}
        </button>
      </form>
    </Dialog>
  )
}
