/** Ten minutes of calls that have just been, for charts. */
import { vi } from 'vitest'
import type { Command } from '../../app/call.ts'
import type { Metrics } from '../../app/metrics.ts'

const command: Command = { kind: 'tool', name: 'search', owner: 'shop', scope: 'call', definition: {}, run: async () => ({}) }

/** Must run before there is any real call: the metrics take their slices in the order of time. */
export function pretendTraffic(metrics: Metrics): void {
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'] })
  for (let second = 600; second > 0; second--) {
    vi.setSystemTime(now - second * 1000)
    const busy = 4 + 3 * Math.sin(second / 70) + 2 * Math.sin(second / 13)
    for (let call = 0; call < busy; call++) {
      const failed = second % 97 < 4 && call % 3 === 0
      metrics.called(
        command,
        'http',
        failed ? 'upstream_failed' : 'ok',
        (20 + busy * 4 + 18 * Math.sin(second / 29 + call)) / 1000,
      )
    }
  }
  vi.useRealTimers()
}
