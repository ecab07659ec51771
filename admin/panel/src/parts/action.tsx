/** A button that does one thing on the server, and says underneath when that did not work. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { sentence } from '../pages/sign-in.tsx'

interface ActionProps {
  children: ReactNode
  /** What it does, with the name of what it does it to, for people who do not see what stands beside the button. */
  about: string
  /** It asks once more, on itself: what it does cannot be taken back, or somebody else will notice. */
  sure?: boolean
  run(): Promise<unknown>
  /** The list that is another one afterwards. */
  changes: string
  onDone?(): void
}

export function Action({ children, about, sure = false, run, changes, onDone }: ActionProps) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const action = useMutation({
    mutationFn: run,
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: [changes] }),
  })

  function press(): void {
    if (sure && !asking) return setAsking(true)
    setAsking(false)
    action.mutate()
  }

  return (
    <span className="action">
      <button
        type="button"
        className={asking ? 'small danger' : 'small'}
        onClick={press}
        onBlur={() => setAsking(false)}
        disabled={action.isPending}
        aria-label={asking ? `Really: ${about}` : about}
      >
        {asking ? 'Really?' : children}
      </button>
      {action.error && <small role="alert">{sentence(action.error)}</small>}
    </span>
  )
}
