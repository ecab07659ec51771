/** A field under its name, with a hint that is not a part of the name: it is read out after it. */
import { type ReactNode, useId } from 'react'

interface LabelledProps {
  label: string
  hint: string
  /** Makes the field with what ties it to both. */
  children(ties: { id: string; 'aria-describedby': string }): ReactNode
}

export function Labelled({ label, hint, children }: LabelledProps) {
  const id = useId()
  const ties = { id, 'aria-describedby': `${id}hint` }
  return (
    <div className="labelled">
      <label htmlFor={ties.id}>{label}</label>
      {children(ties)}
      <small id={ties['aria-describedby']}>{hint}</small>
    </div>
  )
}
