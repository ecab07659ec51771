/** A small chart of the last minutes: the newest value in large, and any other under the pointer. */
import { type PointerEvent, useState } from 'react'
import { Moment } from './time.tsx'

export interface Point {
  readonly at: number
  /** null where there was nothing to measure: the line has a gap there. */
  readonly value: number | null
}

interface Props {
  title: string
  /** What is shown while nobody points at a moment. */
  headline: string
  points: readonly Point[]
  format: (value: number) => string
  tone: 'calls' | 'errors' | 'time'
}

/** The chart's own units; the browser stretches them over the place there is. */
const height = 100

export function Sparkline({ title, headline, points, format, tone }: Props) {
  const [pointed, setPointed] = useState<number>()
  const most = Math.max(0, ...points.map(({ value }) => value ?? 0))
  const x = (index: number) => (index / Math.max(1, points.length - 1)) * 100
  const y = (value: number) => height - (most ? (value / most) * (height - 6) : 0)
  const point = pointed === undefined ? undefined : points[pointed]

  function follow(event: PointerEvent<HTMLElement>): void {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width))
    setPointed(Math.round(share * (points.length - 1)))
  }

  const runs = unbroken(points)
  const line = (run: readonly number[]) => run.map((index) => `${x(index)},${y(points[index]!.value!)}`).join('L')
  return (
    <figure className={`sparkline ${tone}`}>
      <figcaption>
        <span>{title}</span>
        <strong>{point ? (point.value === null ? '–' : format(point.value)) : headline}</strong>
      </figcaption>
      {/* The pointer only adds to what the caption and the label say already. */}
      <div className="plot" onPointerMove={follow} onPointerLeave={() => setPointed(undefined)}>
        <svg
          viewBox={`0 0 100 ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${headline}, at most ${format(most)} in the last ten minutes`}
        >
          {runs.map((run) => (
            <g key={run[0]}>
              <path className="area" d={`M${x(run[0]!)},${height}L${line(run)}L${x(run.at(-1)!)},${height}Z`} />
              <path className="line" d={`M${line(run)}h0.01`} />
            </g>
          ))}
        </svg>
        {most > 0 && <span className="most">{format(most)}</span>}
        {pointed !== undefined && <span className="hair" style={{ left: `${x(pointed)}%` }} />}
        {pointed !== undefined && point?.value != null && (
          <span className="mark" style={{ left: `${x(pointed)}%`, top: `${y(point.value)}%` }} />
        )}
      </div>
      <div className="axis">
        <span>10 min ago</span>
        {point && <Moment at={point.at} />}
        <span>now</span>
      </div>
    </figure>
  )
}

/** Indexes of the stretches without a gap. */
function unbroken(points: readonly Point[]): number[][] {
  const runs: number[][] = []
  for (const [index, { value }] of points.entries()) {
    if (value === null) continue
    const last = runs.at(-1)
    if (last && last.at(-1) === index - 1) last.push(index)
    else runs.push([index])
  }
  return runs
}
