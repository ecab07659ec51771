/** Text to take along, with the button that takes it. */
import { useEffect, useState } from 'react'
import { Icon } from './icons.tsx'

/** @param label what is copied, for people who do not see what stands beside the button */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), 1_500)
    return () => clearTimeout(timer)
  }, [done])
  return (
    <button type="button" className="copy" onClick={() => copy(text).then(() => setDone(true))} aria-label={`Copy ${label}`}>
      <Icon name={done ? 'done' : 'copy'} />
      <span aria-live="polite">{done ? 'Copied' : 'Copy'}</span>
    </button>
  )
}

export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <div className="copyable">
      <pre>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  )
}

async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  // Plain http on a host other than localhost has no clipboard; the old way works there still.
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
