/** The last ten minutes of all calls, as three small charts. */
import type { HealthView } from '../../../wire.ts'
import { Sparkline } from './sparkline.tsx'
import { milliseconds } from './time.tsx'

const sliceSeconds = 5
const number = new Intl.NumberFormat()
const rate = (value: number) => `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} /s`

/** @param recent slices that are over, oldest first */
export function Charts({ recent }: { recent: HealthView['recent'] }) {
  const lastMinute = recent.slice(-60 / sliceSeconds)
  const calls = lastMinute.reduce((sum, slice) => sum + slice.calls, 0) / 60
  const errors = recent.reduce((sum, slice) => sum + slice.errors, 0)
  const slowest = recent.findLast(({ p95 }) => p95 !== null)?.p95 ?? null
  return (
    <div className="charts">
      <Sparkline
        title="Calls a second"
        tone="calls"
        headline={rate(calls)}
        points={recent.map(({ at, calls }) => ({ at, value: calls / sliceSeconds }))}
        format={rate}
      />
      <Sparkline
        title="Errors"
        tone="errors"
        headline={number.format(errors)}
        points={recent.map(({ at, errors }) => ({ at, value: errors }))}
        format={(value) => `${value} in ${sliceSeconds} s`}
      />
      <Sparkline
        title="95 of 100 calls took at most"
        tone="time"
        headline={milliseconds(slowest)}
        points={recent.map(({ at, p95 }) => ({ at, value: p95 }))}
        format={milliseconds}
      />
    </div>
  )
}
