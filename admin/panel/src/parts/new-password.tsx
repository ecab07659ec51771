/** A field for a new password: it says what is missing, and can think of one. */
import { useState } from 'react'
import { Labelled } from './labelled.tsx'

const shortest = 12
/** No characters that are taken for one another, because somebody may read it out. */
const characters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const madeLength = 20

interface NewPasswordProps {
  label: string
  name: string
  /** For somebody else, who has to be told: it can be made here, and is shown then. */
  forOther?: boolean
  required?: boolean
}

export function NewPassword({ label, name, forOther = false, required = false }: NewPasswordProps) {
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)

  function make(): void {
    setPassword(madePassword())
    setShown(true)
  }

  return (
    <div className="new-password">
      <Labelled label={label} hint={ruleFor(password)}>
        {(ties) => (
          <input
            {...ties}
            name={name}
            type={shown ? 'text' : 'password'}
            className={shown ? 'code' : undefined}
            autoComplete="new-password"
            required={required}
            minLength={shortest}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Labelled>
      {forOther && (
        <button type="button" className="link" onClick={make}>
          Make one
        </button>
      )}
    </div>
  )
}

function ruleFor(password: string): string {
  const missing = shortest - [...password].length
  if (missing <= 0) return 'Long enough.'
  return `At least ${shortest} characters${password === '' ? '' : `, ${missing} more`}.`
}

/** Bytes that would make some characters likelier than others are thrown away. */
function madePassword(): string {
  const limit = 256 - (256 % characters.length)
  let made = ''
  while (made.length < madeLength) {
    for (const byte of crypto.getRandomValues(new Uint8Array(64))) {
      if (byte < limit && made.length < madeLength) made += characters[byte % characters.length]
    }
  }
  return made
}
