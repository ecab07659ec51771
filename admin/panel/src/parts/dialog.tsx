/** Something to fill in or to read that stands before the page until it is done with. */
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Icon } from './icons.tsx'

interface DialogProps {
  title: string
  onClose(): void
  /** It goes when its own button is pressed: neither Escape nor a cross takes it away by mistake. */
  stays?: boolean
  children: ReactNode
}

export function Dialog({ title, onClose, stays = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={id}
      onCancel={(event) => stays && event.preventDefault()}
      onClose={onClose}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {!stays && (
          <button type="button" className="icon-button" onClick={onClose} aria-label="Close">
            <Icon name="close" />
          </button>
        )}
      </header>
      {children}
    </dialog>
  )
}
