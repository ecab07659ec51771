/** The table of `check`: a row as soon as something was found out, and one line at the end that says it all. */
import { secrets } from '../secrets.ts'
import { row } from './columns.ts'
import type { Finding, Probe } from './probe.ts'
import type { Colour, Screen } from './screen.ts'

export interface Report {
  add(finding: Finding): void
  /** @param findings all of them, in order */
  finish(findings: readonly Finding[]): void
}

const looks: Record<Finding['state'], { mark: string; colour: Colour }> = {
  ok: { mark: '✓', colour: 'green' },
  failed: { mark: '✗', colour: 'red' },
  skipped: { mark: '-', colour: 'grey' },
}

const longestDetail = 400

/** @param probes all that will be tried: the columns are as wide as their names need */
export function createReport(probes: readonly Probe[], screen: Screen, json: boolean): Report {
  if (json) return { add() {}, finish: (findings) => screen.write(`${JSON.stringify(asJson(findings), null, 2)}\n`) }
  const longest = (texts: string[]) => Math.max(...texts.map((text) => text.length))
  const columns = [longest(probes.map(({ name }) => name)), longest(probes.map(({ what }) => what)), 8]
  const markWidth = screen.live ? 1 : 'skipped'.length
  const taken = columns.reduce((sum, width) => sum + width + 2, markWidth + 2)
  const widths = [markWidth, ...columns, Math.max(20, screen.width - taken)]

  return {
    add({ name, what, state, detail, ms }) {
      const { mark, colour } = looks[state]
      const time = ms === null ? '' : `${ms} ms`
      const line = row([screen.live ? mark : state, name, what, time.padStart(8), tame(detail)], widths, screen.live)
      screen.write(`${screen.paint(colour, line.slice(0, markWidth))}${line.slice(markWidth)}\n`)
    },
    finish(findings) {
      const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length
      const failed = count('failed')
      const words = [`${count('ok')} ok`, `${failed} failed`, `${count('skipped')} skipped`]
      screen.write(`\n${screen.paint(failed ? 'red' : 'green', words.join(', '))}\n`)
    },
  }
}

/** Others wrote part of it: one line, not endless, and nothing that a terminal obeys. */
const tame = (detail: string) =>
  secrets
    .mask(detail)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, longestDetail)

const asJson = (findings: readonly Finding[]) =>
  secrets.maskWithin({ ok: findings.every(({ state }) => state !== 'failed'), rows: findings })
