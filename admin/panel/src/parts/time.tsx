/** Moments and durations as people say them. */
import { useEffect, useState } from 'react'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

const isToday = (date: Date) => date.toDateString() === new Date().toDateString()

/** The time of day, with the day where it is not today. */
export function Moment({ at }: { at: string | number }) {
  const date = new Date(at)
  return (
    <time dateTime={date.toISOString()} title={full.format(date)}>
      {(isToday(date) ? clock : dayAndClock).format(date)}
    </time>
  )
}

/** How long ago, or in how long; kept up to date. */
export function Ago({ at }: { at: string }) {
  const now = useNow()
  const date = new Date(at)
  const seconds = Math.round((now - date.getTime()) / 1000)
  return (
    <time dateTime={date.toISOString()} title={full.format(date)}>
      {seconds < 0 ? `in ${duration(-seconds)}` : seconds < 3 ? 'just now' : `${duration(seconds)} ago`}
    </time>
  )
}

/** @param seconds whole seconds; said in its largest unit, two of them where the first is small */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '–'
  if (ms === 0) return '< 1 ms'
  if (ms < 1_000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  return `${Math.round(ms / 100) / 10} s`
}

function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
